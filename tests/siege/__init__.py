"""Sieges: many clients against one gateway, as programs that print figures; small ones are tests."""
