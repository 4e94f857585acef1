"""The rules of who may import whom, each seen to fail."""
