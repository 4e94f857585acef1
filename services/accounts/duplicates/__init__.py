"""Dossiers that look like the same customer are proposed to a person; nothing merges them by itself."""
