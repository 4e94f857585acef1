"""Monthly return visits to key accounts: the form, the minutes, the contact, and the spot checks."""
