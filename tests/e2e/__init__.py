"""Business stories on the whole of Mainstay, over HTTP."""
