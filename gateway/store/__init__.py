"""The mirror of all calls, in SQLite or PostgreSQL, through SQLAlchemy Core."""
