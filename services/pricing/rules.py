"""The documents in force when a request comes in, compiled."""
