"""Runs the whole of Mainstay on one machine, without containers."""
