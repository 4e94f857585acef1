"""Deadlines of open steps: reminders and escalation in business time, by a worker (C10, S-G9)."""
