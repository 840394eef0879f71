"""The gateway beside other GraphQL servers: how many answers one core gives, how fast, and what that costs."""
