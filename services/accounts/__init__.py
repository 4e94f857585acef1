"""Accounts: who the key accounts are, and who works for them."""
