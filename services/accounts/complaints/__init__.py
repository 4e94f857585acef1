"""Complaints and feedback, each with a time by which it is answered."""
