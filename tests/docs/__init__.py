"""What is written for readers is true: its links lead somewhere, its routes are told and shown."""
