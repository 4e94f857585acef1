"""A request walks its frozen route until it is granted, rejected or withdrawn."""
