"""Care of key accounts: birthdays, events with invitations, priority service."""
