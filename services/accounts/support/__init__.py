"""Programmes an account may join on conditions: evidence, evaluations, memberships, yearly targets, reminders."""
