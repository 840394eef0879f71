"""Who may read which rows of the flat tables, what of them is told, and what tells them from any others."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

import pytest

from gateway.domain.catalog import build
from gateway.domain.filters import EVERYTHING, AllOf, AnyOf, Comparator, Condition, Predicate, Search
from gateway.domain.ordering import Order
from gateway.domain.principal import ANONYMOUS, Principal, Scope
from gateway.domain.tabular import CALLS, COSTS, CUSTOMERS, MESSAGES, STRUCTURED_OUTPUTS
from gateway.errors import BadUserInput, ExportTooLarge, Forbidden, NotConfigured
from gateway.ports import TableQuery
from gateway.services.stats import Snapshot, Snapshots
from gateway.services.tables import TableRequest, Tables

pytestmark = pytest.mark.anyio

TABLES: Final = (CALLS, CUSTOMERS, COSTS, MESSAGES, STRUCTURED_OUTPUTS)
READER: Final = Principal(name="reader", scopes=frozenset({Scope.EXPORT, Scope.CALLS_READ, Scope.CUSTOMERS_READ}))
SALES: Final = dataclasses.replace(READER, assistants=frozenset({"sales"}))
OF_SALES: Final = AllOf((Condition("assistant_id", Comparator.IN, ("sales",)),))
EXPENSIVE: Final = Condition("cost", Comparator.GT, 1)
PERSONAL: Final = Condition("customer_number", Comparator.EQ, "+1")


@dataclasses.dataclass
class Scan:
    """Rows that nobody reads."""

    rows: int
    state: int
    deletion: int
    counted: int = 0

    async def count(self) -> int:
        self.counted += 1
        return self.rows

    async def batches(self) -> AsyncGenerator[Any]:
        nothing: tuple[Any, ...] = ()
        for batch in nothing:
            yield batch


@dataclasses.dataclass
class Copy:
    """A columnar copy that notes what it is asked."""

    rows: int = 0
    state: int = 7
    deletion: int = 0
    asked: list[TableQuery] = dataclasses.field(default_factory=list)
    scans: list[Scan] = dataclasses.field(default_factory=list)

    @contextlib.asynccontextmanager
    async def scan(self, query: TableQuery) -> AsyncIterator[Scan]:
        self.asked.append(query)
        self.scans.append(Scan(self.rows, self.state if query.state is None else query.state, self.deletion))
        yield self.scans[-1]


async def last_change() -> int:
    return 7


def tables(copy: Copy | None, *, most_rows: int | None = None) -> Tables:
    return Tables(copy, Snapshots(last_change), catalog=build(), most_rows=most_rows)


async def asked(principal: Principal, of: str = CALLS, **stated: Any) -> TableQuery:
    """What the copy is asked on behalf of somebody."""
    copy = Copy()
    async with tables(copy).opened(principal, TableRequest(table=of, **stated)):
        return copy.asked[0]


async def tag(principal: Principal = READER, *, copy: Copy | None = None, table: str = CALLS, **stated: Any) -> str:
    """What tells the rows of a request from any others."""
    async with tables(copy or Copy()).opened(principal, TableRequest(table=table, **stated)) as opened:
        return opened.tag


@pytest.mark.parametrize("table", TABLES)
async def test_whole_tables_are_for_those_who_may_export(table: str) -> None:
    copy, reader = Copy(), dataclasses.replace(READER, scopes=READER.scopes - {Scope.EXPORT})
    with pytest.raises(Forbidden, match="export"):
        async with tables(copy).opened(reader, TableRequest(table=table)):
            pass
    assert not copy.asked


@pytest.mark.parametrize("table", TABLES)
async def test_customers_need_the_scope_of_customers_and_all_else_that_of_calls(table: str) -> None:
    needed, other = Scope.CALLS_READ, Scope.CUSTOMERS_READ
    if table == CUSTOMERS:
        needed, other = other, needed
    able = dataclasses.replace(READER, scopes=frozenset({Scope.EXPORT, needed}))
    unable = dataclasses.replace(READER, scopes=frozenset({Scope.EXPORT, other}))
    assert (await asked(able, table)).table == table
    with pytest.raises(Forbidden, match=needed.value):
        await asked(unable, table)


async def test_a_table_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadUserInput, match=r"calls, customers, costs, messages, structured_outputs"):
        await asked(READER, "cals")


async def test_without_the_extra_a_request_says_how_to_install_it_to_those_alone_who_may_ask() -> None:
    with pytest.raises(NotConfigured, match=r"\[bi\]"):
        async with tables(None).opened(READER, TableRequest(table=CALLS)):
            pass
    with pytest.raises(Forbidden):
        async with tables(None).opened(Principal(name="nobody", scopes=frozenset()), TableRequest(table=CALLS)):
            pass


@pytest.mark.parametrize("table", TABLES)
async def test_all_columns_are_told_if_none_is_stated(table: str) -> None:
    flat = tables(None).table(table)
    assert (await asked(READER, table)).columns == tuple(flat.columns)


async def test_columns_are_told_in_the_order_that_is_stated() -> None:
    assert (await asked(READER, columns=["cost", "id"])).columns == ("cost", "id")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (["id", "costs"], "the columns of calls are id, org_id"),
        (["id", "cost", "id"], "each can be stated once"),
        (["ID"], "the columns of calls are"),
        ([""], "the columns of calls are"),
        ([], "state one at least"),
        (["change"], "the columns of calls are"),
    ],
)
async def test_columns_that_cannot_be_told_are_refused_with_those_that_can(columns: list[str], said: str) -> None:
    with pytest.raises(BadUserInput, match=said):
        await asked(READER, columns=columns)


async def test_what_is_personal_is_masked_and_what_was_said_is_withheld_from_those_without_the_scopes() -> None:
    stated = ["id", "customer_name", "customer_number", "ended_message", "cost"]
    of_reader = await asked(READER, columns=stated)
    assert of_reader.masked == {"customer_name", "customer_number"}
    assert of_reader.withheld == {"ended_message"}
    of_all = await asked(ANONYMOUS, columns=stated)
    assert (of_all.masked, of_all.withheld) == (frozenset(), frozenset())


async def test_what_was_said_is_withheld_in_the_tables_of_it() -> None:
    assert (await asked(READER, MESSAGES, columns=["call_id", "message"])).withheld == {"message"}
    assert "result" in (await asked(READER, STRUCTURED_OUTPUTS)).withheld


@pytest.mark.parametrize("hidden", [PERSONAL, AnyOf((EXPENSIVE, PERSONAL)), Search(("invoice",))])
async def test_nobody_filters_by_what_they_do_not_see_whole(hidden: Predicate) -> None:
    with pytest.raises(Forbidden):
        await asked(READER, calls=hidden)
    assert (await asked(ANONYMOUS, calls=hidden)).calls == hidden


async def test_nobody_filters_or_sorts_rows_by_what_they_do_not_see_whole() -> None:
    for of in ({"where": PERSONAL}, {"ordering": (Order("customer_name"),)}):
        with pytest.raises(Forbidden):
            await asked(READER, CUSTOMERS, **of)
        await asked(ANONYMOUS, CUSTOMERS, **of)


@pytest.mark.parametrize("table", TABLES)
async def test_whoever_is_bound_is_told_of_their_calls_alone(table: str) -> None:
    found = await asked(SALES, table)
    assert found.calls in (OF_SALES, AllOf((OF_SALES, EVERYTHING)))
    assert found.may_see is not None
    assert (await asked(READER, table)).may_see is None


async def test_a_filter_holds_beside_what_somebody_is_bound_to() -> None:
    assert (await asked(SALES, calls=EXPENSIVE)).calls == AllOf((OF_SALES, EXPENSIVE))
    assert (await asked(READER, calls=EXPENSIVE)).calls == EXPENSIVE


async def test_whoever_is_bound_is_not_told_what_changed_since() -> None:
    """What is deleted was theirs or not: nobody knows any more."""
    with pytest.raises(BadUserInput, match="since"):
        await asked(SALES, since=3)
    assert (await asked(READER, since=3)).since == 3


@pytest.mark.parametrize("table", [CALLS, CUSTOMERS, COSTS])
async def test_more_rows_than_may_be_read_are_refused_before_any_is(table: str) -> None:
    with pytest.raises(ExportTooLarge, match=r"11 rows.*10.*GATEWAY_EXPORT_ROWS"):
        async with tables(Copy(rows=11), most_rows=10).opened(READER, TableRequest(table=table)):
            pass
    async with tables(Copy(rows=10), most_rows=10).opened(READER, TableRequest(table=table)):
        pass


async def test_rows_of_documents_are_counted_while_they_are_read() -> None:
    copy = Copy(rows=11)
    limited = tables(copy, most_rows=10)
    async with limited.opened(READER, TableRequest(table=MESSAGES)):
        limited.counted(10)
        with pytest.raises(ExportTooLarge, match="GATEWAY_EXPORT_ROWS"):
            limited.counted(11)
    assert copy.scans[0].counted == 0


async def test_nothing_is_counted_where_any_number_may_be_read_or_a_page_is_asked_for() -> None:
    anything, page = Copy(rows=10**9), Copy(rows=10**9)
    async with tables(anything).opened(READER, TableRequest(table=CALLS)):
        tables(anything).counted(10**9)
    async with tables(page, most_rows=10).opened(READER, TableRequest(table=CALLS, limit=5)):
        pass
    assert [scan.counted for copy in (anything, page) for scan in copy.scans] == [0, 0]


async def test_the_latest_state_is_read_or_the_one_that_was_told() -> None:
    assert (await asked(READER)).state is None
    assert (await asked(READER, snapshot=Snapshot(as_of="3"))).state == 3
    with pytest.raises(BadUserInput, match="asOf"):
        await asked(READER, snapshot=Snapshot(as_of="yesterday"))


async def test_the_same_rows_have_the_same_tag_whoever_asks_and_however_the_state_is_named() -> None:
    other = dataclasses.replace(READER, name="somebody else")
    unused = dataclasses.replace(READER, scopes=READER.scopes | {Scope.ADMIN, Scope.DOCUMENT_READ})
    every = list(tables(None).table(CALLS).columns)
    tags = [await tag(), await tag(), await tag(other), await tag(unused), await tag(columns=every)]
    assert len({*tags, await tag(snapshot=Snapshot(as_of="7")), await tag(snapshot=Snapshot(at_least=7))}) == 1


async def test_rows_that_may_differ_have_tags_that_differ() -> None:
    tags = [
        await tag(),
        await tag(copy=Copy(state=8)),
        await tag(copy=Copy(deletion=6)),
        await tag(columns=["id"]),
        await tag(columns=["id", "cost"]),
        await tag(columns=["cost", "id"]),
        await tag(calls=EXPENSIVE),
        await tag(calls=Condition("cost", Comparator.GT, 1.5)),
        await tag(where=EXPENSIVE),
        await tag(since=0),
        await tag(since=1),
        await tag(SALES),
        await tag(dataclasses.replace(READER, assistants=frozenset({"support"}))),
        await tag(dataclasses.replace(READER, scopes=READER.scopes | {Scope.PERSONAL_READ})),
        await tag(dataclasses.replace(READER, scopes=READER.scopes | {Scope.CONTENT_READ})),
        await tag(ANONYMOUS),
        *[await tag(table=table) for table in TABLES[1:]],
        await tag(limit=5),
        await tag(limit=5, offset=5),
        await tag(limit=5, ordering=(Order("cost"),)),
    ]
    assert len(set(tags)) == len(tags)


async def test_sight_of_a_column_that_is_not_told_makes_no_difference() -> None:
    assert await tag(READER, columns=["id", "cost"]) == await tag(ANONYMOUS, columns=["id", "cost"])
