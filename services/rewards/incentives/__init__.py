"""Rewards that a person has to confirm before they are payable."""
