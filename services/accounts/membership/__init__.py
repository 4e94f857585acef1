"""The membership programme and its tiers (A6)."""
