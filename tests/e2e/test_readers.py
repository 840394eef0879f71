"""Software that nobody here wrote reads the gateway over HTTP, and comes to the same figures."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import httpx
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from odatapy.client import EdmEnabledODataClient, HttpxTransport, ODataServerError
from odatapy.client.filters import Field, and_

from tests.e2e.doors import Doors, Figures, doors

CALLS: Final = "/export/calls"


@pytest.fixture(scope="module")
def door() -> Iterator[Doors]:
    """A gateway that wants a key."""
    with doors() as found:
        yield found


@pytest.fixture(scope="module")
def figures(door: Doors) -> Figures:
    """What its mirror holds."""
    return door.figures()


def is_same(cost: Any, of: Figures) -> bool:
    """Whether a sum is the mirror's, to far less than a cent: the order of adding differs."""
    return math.isclose(float(cost), of.cost, abs_tol=1e-9)


def test_pandas_reads_csv_by_itself(door: Doors, figures: Figures) -> None:
    calls = pd.read_csv(f"{door.url}{CALLS}.csv", storage_options=door.bearing, parse_dates=["created_at"])
    assert (len(calls), calls["customer_key"].nunique()) == (figures.calls, figures.customers)
    assert is_same(calls["cost"].sum(), figures)
    assert calls["duration_seconds"].mean() == pytest.approx(figures.seconds)
    assert isinstance(calls["created_at"].dtype, pd.DatetimeTZDtype)


def test_pandas_joins_the_tables_by_their_keys(door: Doors, figures: Figures) -> None:
    calls, costs, customers = (
        pd.read_csv(f"{door.url}/export/{name}.csv", storage_options=door.bearing)
        for name in ("calls", "costs", "customers")
    )
    joined = costs.merge(calls, left_on="call_id", right_on="id", validate="many_to_one")
    assert len(joined) == len(costs) > 0
    known = calls.merge(customers, on="customer_key", validate="many_to_one")
    counted = known.groupby("customer_key").size()
    assert counted.to_dict() == dict(zip(customers["customer_key"], customers["customer_call_count"], strict=True))


def test_polars_reads_parquet_by_parts() -> None:
    """Polars can send no header of ours, so this gateway asks nobody who they are, as on one's own machine."""
    with doors(anonymous=True) as open_door:
        figures = open_door.figures()
        asked = pl.scan_parquet(f"{open_door.url}{CALLS}.parquet").select(pl.len(), pl.col("cost").sum())
        ((count, cost),) = asked.collect().rows()
    assert count == figures.calls
    assert is_same(cost, figures)
    assert len(open_door.ranges) > 1


def test_polars_reads_parquet_that_was_fetched_with_a_key(door: Doors, figures: Figures) -> None:
    with door.opened(f"{CALLS}.parquet?columns=id,cost,created_at") as answer:
        calls = pl.read_parquet(io.BytesIO(answer.read()))
    assert calls.schema["created_at"] == pl.Datetime("us", "UTC")
    assert calls.height == figures.calls
    assert is_same(calls["cost"].sum(), figures)


def test_duckdb_reads_parquet(door: Doors, figures: Figures, tmp_path: Path) -> None:
    """As a file: by parts over HTTP it needs an extension, which is not on PyPI for this version."""
    file = tmp_path / "calls.parquet"
    with door.opened(f"{CALLS}.parquet") as answer:
        file.write_bytes(answer.read())
    with duckdb.connect() as database:
        asked = "SELECT count(*), sum(cost), count(DISTINCT customer_key) FROM read_parquet(?)"
        found = database.execute(asked, [str(file)]).fetchone()
    assert found is not None
    assert (found[0], found[2]) == (figures.calls, figures.customers)
    assert is_same(found[1], figures)


def test_duckdb_reads_lines_of_json(door: Doors, figures: Figures, tmp_path: Path) -> None:
    file = tmp_path / "calls.ndjson"
    with door.opened(f"{CALLS}.ndjson?columns=id,cost") as answer:
        file.write_bytes(answer.read())
    with duckdb.connect() as database:
        found = database.execute("SELECT count(*), sum(cost) FROM read_json(?)", [str(file)]).fetchone()
    assert found is not None
    assert found[0] == figures.calls
    assert is_same(found[1], figures)


def test_pyarrow_reads_a_stream_while_it_comes(door: Doors, figures: Figures) -> None:
    count, cost = 0, 0.0
    with door.opened(f"{CALLS}.arrow?columns=id,cost,created_at") as answer, pa.ipc.open_stream(answer) as stream:
        assert stream.schema.field("created_at").type == pa.timestamp("us", tz="UTC")
        for batch in stream:
            count += batch.num_rows
            cost += sum(value for value in batch.column("cost").to_pylist() if value is not None)
    assert count == figures.calls
    assert is_same(cost, figures)


def test_pyarrow_reads_one_column_out_of_parquet_by_parts(door: Doors, figures: Figures) -> None:
    """By `Parts`, a file of which only what is read is fetched."""
    file = pq.ParquetFile(pa.PythonFile(Parts(f"{door.url}{CALLS}.parquet", door.bearing), mode="r"))
    before = len(door.ranges)
    column = file.read(columns=["cost"]).column("cost")
    assert (file.metadata.num_rows, len(door.ranges) > before) == (figures.calls, True)
    assert is_same(pa.compute.sum(column).as_py(), figures)


class Parts(io.RawIOBase):
    """A file on a server, of which parts are read."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._at = 0
        self._size = int(httpx.head(url, headers=headers).headers["content-length"])

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._at + size, self._size)
        if end <= self._at:
            return b""
        part = {"Range": f"bytes={self._at}-{end - 1}"}
        answer = httpx.get(self._url, headers={**self._headers, **part})
        assert answer.status_code == 206
        self._at = end
        return answer.content


@contextlib.contextmanager
def client(door: Doors, **headers: str) -> Iterator[EdmEnabledODataClient]:
    """An OData client, which learns from the metadata what there is."""
    with httpx.Client(headers={**door.bearing, **headers}) as over:
        yield EdmEnabledODataClient(f"{door.url}/odata", HttpxTransport(over))


@pytest.fixture
def asked(door: Doors) -> Iterator[EdmEnabledODataClient]:
    """An OData client of the gateway."""
    with client(door) as found:
        yield found


def values(entity: Any) -> dict[str, Any]:
    """The values of an entity by their names."""
    return {each.name: each.value for each in entity.properties}


def test_an_odata_client_finds_its_way_by_the_service_document_and_the_metadata(asked: EdmEnabledODataClient) -> None:
    assert [*asked.get_service_document().entity_sets] == [
        "calls",
        "customers",
        "costs",
        "messages",
        "structured_outputs",
    ]
    kind = asked.entity_set_type("calls")
    assert kind.key_predicate_names == ["id"]


def test_an_odata_client_follows_pages_and_gets_typed_values(door: Doors, figures: Figures) -> None:
    with client(door, Prefer="odata.maxpagesize=77") as asked:
        uri = asked.entity_set_uri("calls").select("id", "cost", "created_at", "analysis_success", "customer_key")
        pages = list(asked.iter_pages(uri))
    found = [values(entity) for page in pages for entity in page.entities]
    assert [len(page.entities) for page in pages[:-1]] == [77] * (len(pages) - 1)
    assert (len(found), len({row["id"] for row in found})) == (figures.calls, figures.calls)
    assert is_same(sum(row["cost"] or 0 for row in found), figures)
    assert {type(row["created_at"]) for row in found} == {dt.datetime}
    assert {type(row["analysis_success"]) for row in found} == {bool, type(None)}


def test_an_odata_client_filters_orders_and_counts_at_the_gateway(asked: EdmEnabledODataClient) -> None:
    since = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
    condition = and_(Field("cost").gt(0.1), Field("created_at").ge(since), Field("customer_key").ne(None))
    uri = asked.entity_set_uri("calls").filter(condition).orderby("cost desc,id").select("cost", "created_at", "id")
    found = [values(entity) for entity in asked.iter_entities(uri)]
    whole = [values(entity) for entity in asked.iter_entities(asked.entity_set_uri("calls"))]
    meant = [
        row
        for row in whole
        if (row["cost"] or 0) > 0.1 and row["created_at"] >= since and row["customer_key"] is not None
    ]
    assert found == [
        {name: row[name] for name in ("cost", "created_at", "id")}
        for row in sorted(meant, key=lambda row: (-row["cost"], row["id"]))
    ]
    assert 0 < len(found) < len(whole)
    assert asked.get_count(asked.entity_set_uri("calls").filter(condition).append_count_segment()) == len(found)


def test_an_odata_client_reads_every_table(door: Doors, asked: EdmEnabledODataClient) -> None:
    counted = {
        name: sum(1 for _ in asked.iter_entities(asked.entity_set_uri(name).select(key)))
        for name, key in (("customers", "customer_key"), ("costs", "call_id"), ("messages", "call_id"))
    }
    with door.opened("/export/messages.ndjson?columns=call_id") as answer:
        messages = sum(1 for _ in answer)
    assert counted["messages"] == messages > 0
    for name in ("customers", "costs"):
        assert asked.get_count(asked.entity_set_uri(name).append_count_segment()) == counted[name] > 0


def test_an_odata_client_understands_why_it_is_refused(asked: EdmEnabledODataClient) -> None:
    with pytest.raises(ODataServerError) as refused:
        asked.get_entity_set(asked.entity_set_uri("calls").apply("aggregate(cost with sum as total)"))
    assert refused.value.status_code == 501
    assert "$apply" in str(refused.value)


def test_a_service_that_can_send_no_header_reads_with_the_key_in_the_address(door: Doors, figures: Figures) -> None:
    following, count = f"{door.url}/odata/calls?$select=id&$top=200&key={door.key_of_addresses}", 0
    while following:
        page = httpx.get(following, headers={"Prefer": "odata.maxpagesize=50"}).json()
        following, count = page.get("@odata.nextLink"), count + len(page["value"])
    assert count == min(200, figures.calls)
    assert httpx.get(f"{door.url}{CALLS}.csv?key={door.key_of_addresses}").status_code == 401
