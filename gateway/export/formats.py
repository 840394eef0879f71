"""Formats: what rows are written as. A writer takes batches one after the other, and says what that comes to.

CSV is RFC 4180 with a header: texts are in quotes, nothing stands for null, moments are written like
``2026-08-19 21:02:48.657000Z``, lists are JSON. NDJSON has an object on each line, with moments in ISO 8601. Arrow is
the IPC streaming format.
"""

from __future__ import annotations

import dataclasses
import enum
import io
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

_ROW_GROUP: Final = 100_000


class Encoding(enum.Enum):
    """How bytes are packed on their way; the value is what HTTP calls it, and Arrow."""

    GZIP = "gzip"
    ZSTD = "zstd"


class Writer(Protocol):
    """Writes rows into a file-like thing."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows."""
        ...

    def close(self) -> None:
        """Write what stands behind all rows."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format: its media type, how its writer is made, and whether its bytes can be sent while rows are still read."""

    media_type: str
    writer: Callable[[Any, pa.Schema], Writer]
    streams: bool = True


class _Csv:
    """Rows with commas in between, and a header first."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        self._flat = pa.schema([_flat(field) for field in schema])
        self._writer = pyarrow.csv.CSVWriter(sink, self._flat)

    def write(self, batch: pa.RecordBatch) -> None:
        """As `Writer` has it."""
        columns = [_texts(column) if pa.types.is_list(column.type) else column for column in batch.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._flat))

    def close(self) -> None:
        """As `Writer` has it."""
        self._writer.close()


def _flat(field: pa.Field) -> pa.Field:
    return pa.field(field.name, pa.string()) if pa.types.is_list(field.type) else field


def _texts(column: pa.Array) -> pa.Array:
    return pa.array([None if value is None else orjson.dumps(value).decode() for value in column.to_pylist()])


class _Ndjson:
    """An object on each line."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        del schema  # every object names its members
        self._sink = sink

    def write(self, batch: pa.RecordBatch) -> None:
        """As `Writer` has it."""
        options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
        self._sink.write(b"".join(orjson.dumps(row, option=options) for row in batch.to_pylist()))

    def close(self) -> None:
        """As `Writer` has it."""


def _arrow(sink: Any, schema: pa.Schema) -> Writer:
    written: Writer = pyarrow.ipc.new_stream(sink, schema)
    return written


class _Parquet:
    """A file with a footer; it is complete once that is written."""

    def __init__(self, sink: Any, schema: pa.Schema) -> None:
        self._writer = pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd")

    def write(self, batch: pa.RecordBatch) -> None:
        """As `Writer` has it."""
        if batch.num_rows:
            self._writer.write_batch(batch, row_group_size=_ROW_GROUP)

    def close(self) -> None:
        """As `Writer` has it."""
        self._writer.close()


FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format(media_type="text/csv; charset=utf-8; header=present", writer=_Csv),
    "ndjson": Format(media_type="application/x-ndjson", writer=_Ndjson),
    "arrow": Format(media_type="application/vnd.apache.arrow.stream", writer=_arrow),
    "parquet": Format(media_type="application/vnd.apache.parquet", writer=_Parquet, streams=False),
}
"""By the ending that names each."""


class _Pieces(io.BytesIO):
    """What was written; it can be taken when whoever wrote has closed it."""

    def close(self) -> None:
        """Stay open."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken = self.getvalue()
        self.seek(0)
        self.truncate()
        return taken


class Encoder:
    """Rows as bytes, to be taken piece by piece; ``encoding`` packs them."""

    def __init__(self, of: Format, schema: pa.Schema, encoding: Encoding | None = None) -> None:
        self._pieces = _Pieces()
        plain = pa.PythonFile(self._pieces, mode="w")
        self._sink = plain if encoding is None else pa.CompressedOutputStream(plain, encoding.value)
        self._writer = of.writer(self._sink, schema)

    def encoded(self, batch: pa.RecordBatch) -> bytes:
        """What there is to be sent once a batch has been written."""
        self._writer.write(batch)
        self._sink.flush()
        return self._pieces.taken()

    def rest(self) -> bytes:
        """What stands behind all rows."""
        self._writer.close()
        self._sink.close()
        return self._pieces.taken()
