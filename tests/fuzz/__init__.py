"""Requests nobody thought of, made from the four OpenAPI documents: whatever is sent, no service fails."""
