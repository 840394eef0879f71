"""Database: all tables in one file of DuckDB's, with what each table and column is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from gateway.domain.tabular import FlatTable

_ABOUT: Final = "about"


class Database:
    """A new file; one that is there already is replaced."""

    def __init__(self, file: Path) -> None:
        file.unlink(missing_ok=True)
        self._connection = duckdb.connect(file)
        file.chmod(0o600)
        self._made: set[str] = set()

    def put(self, table: FlatTable, batch: pa.RecordBatch) -> None:
        """Put rows into a table, which is made by the first of them."""
        self._connection.register("batch", batch)
        if table.name in self._made:
            self._connection.execute(f"INSERT INTO {table.name} FROM batch")
        else:
            self._connection.execute(f"CREATE TABLE {table.name} AS FROM batch")
            self._describe(table)
        self._connection.unregister("batch")

    def finish(self, state: int) -> None:
        """Note of which state all tables are."""
        self._connection.execute(f"CREATE TABLE {_ABOUT} AS SELECT {state:d} AS change, now() AS made_at")
        self._connection.execute("CHECKPOINT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _describe(self, table: FlatTable) -> None:
        self._made.add(table.name)
        self._connection.execute(f"COMMENT ON TABLE {table.name} IS {_text(table.doc)}")
        for name, column in table.columns.items():
            self._connection.execute(f'COMMENT ON COLUMN {table.name}."{name}" IS {_text(column.description)}')


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
