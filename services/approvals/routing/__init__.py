"""Which route a subject takes, frozen with the reason of each step."""
