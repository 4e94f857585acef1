"""Approvals: who must sign, and the contracts that were signed."""
