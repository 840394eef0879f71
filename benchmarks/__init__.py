"""Measurements: commands that print figures, never tests that assert them."""
