"""What documents had to say about an account or a person, recorded once."""
