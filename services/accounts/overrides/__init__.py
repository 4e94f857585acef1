"""Classes set by hand, with a reason and an end."""
