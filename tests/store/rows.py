"""Rows for tests of what is read, put into the tables as they are, beside `apply`."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from sqlalchemy import delete, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.catalog import Catalog, Configured, build
from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate, Search
from gateway.domain.mirrored import State
from gateway.domain.ordering import Direction, Nulls, Order, Ordering
from gateway.store.tables import Tables

_INDEXED: Final = ("filter", "sort", "index")


def _own(name: str, kind: str, **more: Any) -> Configured:
    return Configured(name=name, type=kind, description="Made up.", paths=("x",), **more)


CATALOG: Final[Catalog] = build(
    {
        "call": [
            _own("word", "String"),
            _own("plan", "String", use=_INDEXED),
            _own("number", "Int", use=_INDEXED),
            _own("share", "Float"),
            _own("flag", "Boolean"),
            _own("moment", "DateTime"),
            _own("tags", "[String]"),
        ]
    }
)
"""An attribute of each kind beside the built-in ones; two of them with an index."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call as the tables hold it: values by flat name, the id among them, and the words of its text."""

    values: Mapping[str, Any]
    state: State = State.PRESENT
    words: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The call's id."""
        return str(self.values["id"])


async def put(connection: AsyncConnection, tables: Tables, rows: Sequence[CallRow], *, first: int = 1) -> None:
    """Add calls, numbered from ``first`` on."""
    for number, row in enumerate(rows, first):
        own = {"mirror_number": number, "mirror_change": number, "mirror_state": row.state.value, "mirror_holds": 0}
        await connection.execute(insert(tables.calls), {**own, **row.values})
        if row.words:
            await _put_words(connection, number, row.words)


async def _put_words(connection: AsyncConnection, number: int, words: frozenset[str]) -> None:
    if connection.dialect.name == "sqlite":
        statement = "INSERT INTO search (rowid, words) VALUES (:number, :words)"
        await connection.execute(text(statement), {"number": number, "words": " ".join(sorted(words))})
    else:
        statement = "INSERT INTO search (mirror_number, words) VALUES (:number, array_to_tsvector(:words))"
        await connection.execute(text(statement), {"number": number, "words": sorted(words)})


async def clear(connection: AsyncConnection, tables: Tables) -> None:
    """Remove all calls."""
    await connection.execute(delete(tables.calls))
    await connection.execute(text("DELETE FROM search"))


def _at(year: int, microsecond: int = 0) -> dt.datetime:
    return dt.datetime(year, 3, 4, 5, 6, 7, microsecond, tzinfo=dt.UTC)


TEXTS: Final = (
    *("", "a", "A", "ab", "aB", "b", "%", "a%b", "_", "'", '"', "\\", "\x01", "a\x01", "é", "e\u0301", "漢"),
    *("\ud7ff", "\ue000", "\uffff", "\U0001f600", "\U0010ffff", "a\U0010ffff", "a\U0010ffffb", "a" * 300),
)
"""Texts that rows can have: near to each other, and where databases differ if one lets them."""
NUMBERS: Final = (-(2**63), -1, 0, 1, 2**31, 2**63 - 1)
FRACTIONS: Final = (-1e300, -0.5, 0.0, 0.1, 0.1 + 2**-55, 5e-324, 1e300)
MOMENTS: Final = (
    dt.datetime.min.replace(tzinfo=dt.UTC),
    *(_at(1969, 999999), _at(2026), _at(2026, 1), _at(2026, 1000)),
    dt.datetime.max.replace(tzinfo=dt.UTC),
)
WORDS: Final = ("ann", "bob", "école", "漢", "x1")
ASKED_TEXTS: Final = (*TEXTS, "\0", "a\0", "a\0b", "\ud800", "a\udfff", "a\udbffz")
ASKED_NUMBERS: Final = (*NUMBERS, 2**63, -(2**63) - 1, 10**400)
ASKED_FRACTIONS: Final = (*FRACTIONS, float("nan"), float("inf"), float("-inf"))

HELD: Final[Mapping[str, Sequence[Any]]] = {
    "word": TEXTS,
    "plan": TEXTS[:6],
    "number": NUMBERS,
    "share": FRACTIONS,
    "flag": (False, True),
    "moment": MOMENTS,
    "created_at": MOMENTS,
}
"""What a row can have, by attribute."""
ASKED: Final[Mapping[str, Sequence[Any]]] = {
    **HELD,
    "word": ASKED_TEXTS,
    "plan": ASKED_TEXTS,
    "number": ASKED_NUMBERS,
    "share": ASKED_FRACTIONS,
}
"""What one can ask for, by attribute."""

_PLAIN = (Comparator.EQ, Comparator.NEQ, Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE)
_LISTS = (Comparator.IN, Comparator.NIN)
_PARTS = (Comparator.CONTAINS, Comparator.STARTS_WITH)


def values() -> st.SearchStrategy[dict[str, Any]]:
    """The values of a row; any may be missing but when it was created."""
    fields = {name: _missing(name) | st.sampled_from(held) for name, held in HELD.items()}
    tags = st.none() | st.lists(st.sampled_from(TEXTS), max_size=3).map(tuple)
    return st.fixed_dictionaries({**fields, "tags": tags})


def _missing(name: str) -> st.SearchStrategy[None]:
    return st.nothing() if name == "created_at" else st.none()


def call_rows() -> st.SearchStrategy[list[CallRow]]:
    """Some calls, of which some are not to be listed."""
    states = st.sampled_from([State.PRESENT] * 4 + list(State))
    some = st.frozensets(st.sampled_from(WORDS), max_size=3)
    row = st.builds(lambda v, s, w: (v, s, w), values(), states, some)
    ids = st.lists(st.sampled_from([f"{n:02}" for n in range(40)]), unique=True, max_size=14)
    return ids.flatmap(lambda all_: st.tuples(*(row.map(_identified(call_id)) for call_id in all_)).map(list))


def _identified(call_id: str) -> Any:
    return lambda row: CallRow(values={"id": call_id, **row[0]}, state=row[1], words=row[2])


def conditions(asked: Mapping[str, Sequence[Any]] = ASKED, *, lists: bool = True) -> st.SearchStrategy[Condition]:
    """Any condition; ``lists`` those on an attribute that is a list as well."""
    of_lists = [
        st.builds(Condition, st.just("tags"), st.just(Comparator.CONTAINS), st.sampled_from(ASKED_TEXTS)),
        st.builds(Condition, st.just("tags"), st.just(Comparator.IS_NULL), st.booleans()),
    ]
    each = [_condition(name, candidates) for name, candidates in asked.items()]
    return st.one_of([*each, *(of_lists if lists else [])])


def _condition(name: str, candidates: Sequence[Any]) -> st.SearchStrategy[Condition]:
    one, attribute = st.sampled_from(candidates), st.just(name)
    many = st.lists(st.none() | one, max_size=4).map(tuple)
    plain = [
        st.builds(Condition, attribute, st.sampled_from(_PLAIN), one),
        st.builds(Condition, attribute, st.sampled_from(_PLAIN[:2]), st.none()),
        st.builds(Condition, attribute, st.sampled_from(_LISTS), many),
        st.builds(Condition, attribute, st.just(Comparator.IS_NULL), st.booleans()),
    ]
    parts = st.builds(Condition, attribute, st.sampled_from(_PARTS), one)
    return st.one_of([*plain, parts] if isinstance(candidates[0], str) else plain)


def searches() -> st.SearchStrategy[Search]:
    """A search for words, some of which no call has."""
    return st.lists(st.sampled_from([*WORDS, "nobody", "\ud800"]), max_size=3).map(lambda found: Search(tuple(found)))


def predicates(leaves: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    """Any filter of such leaves."""
    return st.recursive(leaves, _joined, max_leaves=6)


def _joined(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.builds(AllOf, several) | st.builds(AnyOf, several) | st.builds(Not, inner)


def orderings(attributes: Sequence[str]) -> st.SearchStrategy[Ordering]:
    """Any ordering by up to three attributes."""
    order = st.builds(Order, st.sampled_from(attributes), st.sampled_from(Direction), st.sampled_from(Nulls))
    return st.lists(order, max_size=3).map(tuple)
