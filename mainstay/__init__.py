"""The command line of Mainstay."""
