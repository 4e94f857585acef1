"""What several services say of the same thing, held against each other."""
