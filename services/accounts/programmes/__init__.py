"""The key-account list, nominations and elections."""
