"""Core, potential and general accounts, and what they need (A3)."""
