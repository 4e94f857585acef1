"""The policy language: documents in four forms, read, checked, published and evaluated as data."""
