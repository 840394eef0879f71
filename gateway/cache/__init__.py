"""What is remembered in memory, and how a call is read through it."""
