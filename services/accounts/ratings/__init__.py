"""What an account is rated on, and the class that follows."""
