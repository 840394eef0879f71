"""One module for each revision; Alembic finds them by their folder."""
