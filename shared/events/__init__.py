"""The facts that cross between services, each a typed class."""
