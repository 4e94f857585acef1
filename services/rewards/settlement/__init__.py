"""Periods close in order; what was accrued becomes payable and stands on a statement that never changes again."""
