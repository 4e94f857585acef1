"""Pricing: what a key account pays, and what it has ordered."""
