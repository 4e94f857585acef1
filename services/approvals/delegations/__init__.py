"""Who decides in whose place, and for how long."""
