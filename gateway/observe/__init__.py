"""What happened, told as events; whoever wants to know listens."""
