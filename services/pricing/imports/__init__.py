"""Orders that other systems took, read in bulk."""
