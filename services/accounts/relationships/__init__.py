"""Relationship plans: what is aimed at with a contact of an account, step by step, and what is due (A10)."""
