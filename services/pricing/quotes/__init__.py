"""What an account is offered, and what of it goes below the floor."""
