"""What the demo plays with: a slice of real orders, their mapping, and the policies of that year."""
