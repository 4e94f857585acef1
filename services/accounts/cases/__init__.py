"""Developing a customer into a key account."""
