"""A contract from its draft through its approval to the day it works."""
