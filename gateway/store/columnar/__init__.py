"""The columnar copy of the mirror, for questions about many calls."""
