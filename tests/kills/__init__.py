"""A gateway that is killed again and again, and what its mirror holds in the end."""
