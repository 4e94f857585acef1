"""Satisfaction surveys: sent, answered by a signed link, scored."""
