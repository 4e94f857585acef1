"""Telephone groups: their plans, how many people they have, and what they pay each month (P3)."""
