"""Readers that are not ours, for each format of exports: bytes in, rows out."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import pyarrow.ipc
import pyarrow.parquet
from zstandard import ZstdDecompressor

Row: TypeAlias = Mapping[str, Any]


def by_csv(data: bytes) -> list[dict[str, str]]:
    """Texts alone; to this reader null is an empty one."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def by_json(data: bytes) -> list[dict[str, Any]]:
    """Line by line; moments are known by the names of their columns."""
    return [
        {name: _moment(value) if _is_moment(name) else value for name, value in json.loads(line).items()}
        for line in data.split(b"\n")
        if line
    ]


def by_ipc(data: bytes) -> list[dict[str, Any]]:
    """With the types that it tells."""
    found: list[dict[str, Any]] = pyarrow.ipc.open_stream(data).read_all().to_pylist()
    return found


def by_parquet(data: bytes) -> list[dict[str, Any]]:
    """The same."""
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist()
    return found


EXACT: Final[Mapping[str, Callable[[bytes], list[dict[str, Any]]]]] = {
    "ndjson": by_json,
    "arrow": by_ipc,
    "parquet": by_parquet,
}
"""Those that give the very values."""

UNPACK: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.decompress,
    "zstd": lambda data: ZstdDecompressor().stream_reader(data, read_across_frames=True).read(),
}
"""By the name that HTTP has for what was done to the bytes."""


def cells(row: Row) -> dict[str, Any]:
    """A row as `by_csv` reads it, but for numbers, which can be written in more than one way."""
    return {name: _cell(value) for name, value in row.items()}


def told(found: Sequence[Mapping[str, str]], like: Sequence[Row]) -> list[dict[str, Any]]:
    """What `by_csv` has read, with numbers where there are some in these rows."""
    return [
        {name: float(cell) if isinstance(of[name], float) and cell else cell for name, cell in row.items()}
        for row, of in zip(found, like, strict=True)
    ]


def _cell(value: Any) -> Any:
    match value:
        case float():
            return value
        case None:
            return ""
        case bool():
            return str(value).lower()
        case dt.datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S.%fZ")
        case list():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return str(value)


def _is_moment(name: str) -> bool:
    return name == "at" or name.endswith("_at")


def _moment(stated: str | None) -> dt.datetime | None:
    return None if stated is None else dt.datetime.fromisoformat(stated)
