"""Views over the facts, for people who decide."""
