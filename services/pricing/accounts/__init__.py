"""What pricing knows of accounts, from the events of their owner."""
