"""Rewards: what is earned, booked, settled and paid."""
