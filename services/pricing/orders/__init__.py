"""What an account has ordered, received, paid and sent back."""
