"""Visits to accounts and receptions of them, from the plan to the reimbursed expense."""
