"""Coupons and budgets: what a quote may use once is held by it, spent by its order, and free again when it ends."""
