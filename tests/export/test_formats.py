"""What is written in any format reads as the same rows, by readers that are not ours."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from zstandard import ZstdDecompressor as Zstd

from gateway.export.formats import FORMATS, Encoder, Encoding
from tests.export.readers import EXACT, UNPACK, Row, by_csv, by_json, cells, told

SCHEMA: Final = pa.schema(
    {
        "text": pa.string(),
        "many": pa.int64(),
        "number": pa.float64(),
        "yes": pa.bool_(),
        "at": pa.timestamp("us", tz="UTC"),
        "list": pa.list_(pa.string()),
    }
)
AT: Final = dt.datetime(2026, 8, 19, 21, 2, 48, 657001, tzinfo=dt.UTC)
PLAIN: Final[Row] = {"text": "Ann", "many": 7, "number": 0.25, "yes": True, "at": AT, "list": ["a", "b"]}
NOTHING: Final[Row] = dict.fromkeys(SCHEMA.names)
TEXTS: Final = (
    *("", " ", '"', '""', ",", "a,b", "\n", "a\nb", "\r\n", "\ta", "'", "null", "NULL", "NaN", "0012", "true"),
    *("Ünï", "東京", "👩‍👩‍👧", "\u2028", "\ufeff", "\\", "\\N", "\x00", "=1+1", "a" * 70_000),
)
NUMBERS: Final = (0.0, 0.1, 1e300, 5e-324, 2.2250738585072014e-308, -1.7976931348623157e308, 0.30000000000000004, 1e16)
ODD: Final[Sequence[Row]] = [
    NOTHING,
    *({**PLAIN, "text": text} for text in TEXTS),
    *({**PLAIN, "number": number} for number in NUMBERS),
    *({**PLAIN, "many": many} for many in (0, -1, 2**53 + 1, 2**63 - 1, -(2**63))),
    *({**PLAIN, "at": at} for at in (AT.replace(microsecond=0), AT.replace(year=1971, microsecond=999_999))),
    *({**PLAIN, "list": many} for many in ([], [""], ['"', ",", "\n", "ü"], ["null"])),
    {**PLAIN, "yes": False},
]


def written(ending: str, *batches: Sequence[Row], encoding: Encoding | None = None) -> bytes:
    """Rows in a format, as they would be sent."""
    encoder = Encoder(FORMATS[ending], SCHEMA, encoding)
    pieces = [encoder.encoded(pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)) for rows in batches]
    return b"".join([*pieces, encoder.rest()])


@pytest.mark.parametrize("ending", EXACT)
def test_what_is_written_reads_as_the_same_rows(ending: str) -> None:
    assert EXACT[ending](written(ending, ODD)) == ODD


def test_csv_reads_as_the_same_texts() -> None:
    assert told(by_csv(written("csv", ODD)), ODD) == [cells(row) for row in ODD]


def test_csv_tells_null_from_an_empty_text() -> None:
    text = written("csv", [{**NOTHING, "text": ""}, NOTHING]).decode()
    assert text.splitlines()[1:] == ['"",,,,,', ",,,,,"]
    found = pl.read_csv(text.encode())["text"].to_list()
    assert found == ["", None]


@pytest.mark.parametrize(
    "read",
    [
        lambda data: pd.read_csv(io.BytesIO(data), keep_default_na=False)["text"].tolist(),
        lambda data: pl.read_csv(data, schema_overrides={"text": pl.String})["text"].fill_null("").to_list(),
    ],
    ids=["pandas", "polars"],
)
def test_texts_in_csv_are_what_the_libraries_of_analysts_read(read: Callable[[bytes], list[str]]) -> None:
    texts = [text for text in TEXTS if text != "\x00"]
    assert read(written("csv", [{**PLAIN, "text": text} for text in texts])) == texts


def test_types_in_csv_are_what_the_libraries_of_analysts_guess() -> None:
    data = written("csv", [PLAIN, {**PLAIN, "text": "x", "number": 1e300, "many": 2**62, "yes": False}])
    frame = pd.read_csv(io.BytesIO(data), parse_dates=["at"])
    assert frame["at"].tolist() == [pd.Timestamp(AT)] * 2
    assert frame.drop(columns=["at", "list"]).to_dict("records") == [
        {"text": "Ann", "many": 7, "number": 0.25, "yes": True},
        {"text": "x", "many": 2**62, "number": 1e300, "yes": False},
    ]
    polars = pl.read_csv(data, try_parse_dates=True)
    assert polars["at"].to_list() == [AT] * 2
    assert polars["yes"].to_list() == [True, False]


def test_duckdb_reads_csv_and_parquet_alike(tmp_path: Path) -> None:
    rows = [NOTHING, PLAIN, {**PLAIN, "text": 'a,"b"\nc', "number": 5e-324, "many": 2**63 - 1, "list": []}]
    for ending in ("csv", "parquet"):
        (tmp_path / f"a.{ending}").write_bytes(written(ending, rows))
    asked = "SELECT text, many, number, yes, epoch_us(\"at\") FROM '{}'"
    with duckdb.connect() as connection:
        found = [connection.sql(asked.format(tmp_path / f"a.{e}")).fetchall() for e in ("csv", "parquet")]
    micros = [(None if row["at"] is None else round(row["at"].timestamp() * 10**6)) for row in rows]
    expected = [(row["text"], row["many"], row["number"], row["yes"], at) for row, at in zip(rows, micros, strict=True)]
    assert found == [expected, expected]


@pytest.mark.parametrize("ending", ["csv", "arrow", "parquet"])
def test_a_table_without_rows_has_the_columns_of_one_with_rows(ending: str) -> None:
    readers: Mapping[str, Callable[[bytes], list[str]]] = {
        "csv": lambda data: next(csv.reader([data.splitlines()[0].decode()])),
        "arrow": lambda data: list(pyarrow.ipc.open_stream(data).schema.names),
        "parquet": lambda data: list(pyarrow.parquet.read_schema(io.BytesIO(data)).names),
    }
    assert readers[ending](written(ending, [])) == readers[ending](written(ending, [PLAIN])) == SCHEMA.names


def test_ndjson_without_rows_is_empty() -> None:
    assert written("ndjson", []) == b""


@pytest.mark.parametrize("ending", ["arrow", "parquet"])
def test_types_survive_even_where_nothing_is_stated(ending: str) -> None:
    data = io.BytesIO(written(ending, [], [NOTHING]))
    found = pyarrow.ipc.open_stream(data).schema if ending == "arrow" else pyarrow.parquet.read_schema(data)
    assert found.equals(SCHEMA) or found.types[:-1] == SCHEMA.types[:-1]  # Parquet calls the inside of lists otherwise


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("ending", ["csv", "ndjson", "arrow"])
def test_what_is_packed_is_the_same_inside(ending: str, encoding: Encoding) -> None:
    packed = written(ending, ODD, ODD, encoding=encoding)
    assert UNPACK[encoding.value](packed) == written(ending, ODD, ODD)
    assert len(packed) < len(written(ending, ODD, ODD)) / 10


@pytest.mark.parametrize("encoding", Encoding)
def test_what_is_packed_can_be_unpacked_batch_by_batch(encoding: Encoding) -> None:
    """Else nobody would see the first rows before the last ones are read."""
    encoder = Encoder(FORMATS["ndjson"], SCHEMA, encoding)
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding is Encoding.GZIP else Zstd().decompressobj()
    for row in (PLAIN, {**PLAIN, "text": "Bob"}, NOTHING):
        packed = encoder.encoded(pa.RecordBatch.from_pylist([row], schema=SCHEMA))
        assert by_json(unpacking.decompress(packed)) == [row]


MICROS: Final = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(9000, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001  # bounds are naive
ANY_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROWS: Final = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | ANY_TEXT,
            "many": st.none() | st.integers(-(2**63), 2**63 - 1),
            "number": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "yes": st.none() | st.booleans(),
            "at": st.none() | MICROS,
            "list": st.none() | st.lists(ANY_TEXT, max_size=3),
        }
    ),
    max_size=5,
)


@given(st.lists(ROWS, min_size=1, max_size=3))
def test_whatever_is_written_in_however_many_batches_reads_as_the_same_rows(batches: list[list[Row]]) -> None:
    rows = [row for batch in batches for row in batch]
    for ending, read in EXACT.items():
        assert read(written(ending, *batches)) == rows
    assert told(by_csv(written("csv", *batches)), rows) == [cells(row) for row in rows]
