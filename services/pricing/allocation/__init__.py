"""Short stock goes to whom the ranking document says, and says why (P9)."""
