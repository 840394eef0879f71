"""How values are kept: the same on both databases, and odd ones cost themselves alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from gateway.domain.attributes import Kind
from gateway.store.types import OF_KIND, Number, keepable

pytestmark = pytest.mark.anyio

VALUES = Table(
    "values",
    MetaData(),
    Column("n", Number, primary_key=True, autoincrement=True),
    *(Column(kind.name.lower(), column) for kind, column in OF_KIND.items()),
)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(VALUES.metadata.create_all)
        yield connection
    await engine.dispose()


async def kept(connection: AsyncConnection, kind: Kind, value: Any) -> Any:
    """What comes back of a value."""
    column = VALUES.c[kind.name.lower()]
    number = await connection.scalar(insert(VALUES).values({column.name: value}).returning(VALUES.c.n))
    return await connection.scalar(select(column).where(VALUES.c.n == number))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.ID, "9f1c"),
        (Kind.STRING, "Grüße 👋"),
        (Kind.STRING, ""),
        (Kind.ENUM, "inboundPhoneCall"),
        (Kind.INT, 2**63 - 1),
        (Kind.INT, -(2**63)),
        (Kind.FLOAT, 0.1),
        (Kind.BOOLEAN, False),
        (Kind.STRINGS, ["a", "ü"]),
        (Kind.STRINGS, None),
        (Kind.DATETIME, dt.datetime(2026, 3, 1, 12, 0, 0, 123457, tzinfo=dt.UTC)),
        (Kind.DATETIME, dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)),
    ],
)
async def test_a_value_comes_back_as_it_was(connection: AsyncConnection, kind: Kind, value: Any) -> None:
    back = await kept(connection, kind, value)
    assert (back, type(back)) == (value, type(value))


async def test_a_moment_elsewhere_is_the_same_moment_in_utc(connection: AsyncConnection) -> None:
    berlin = dt.datetime(2026, 3, 1, 13, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    back = await kept(connection, Kind.DATETIME, berlin)
    assert (back, back.tzinfo) == (berlin, dt.UTC)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Kind.INT, 2**63), (Kind.FLOAT, 10**400), (Kind.FLOAT, float("nan")), (Kind.FLOAT, float("inf"))],
)
async def test_a_number_that_does_not_fit_becomes_null(connection: AsyncConnection, kind: Kind, value: Any) -> None:
    assert await kept(connection, kind, value) is None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=st.text(st.characters(codec=None, exclude_categories=()), max_size=20))
async def test_any_text_that_json_can_hold_can_be_kept(connection: AsyncConnection, text: str) -> None:
    assert await kept(connection, Kind.STRING, text) == keepable(text)


@given(text=st.text())
def test_a_text_without_nul_is_kept_as_it_is(text: str) -> None:
    assert keepable(text) == text.replace("\0", "\ufffd")


async def test_texts_sort_by_their_code_points(connection: AsyncConnection) -> None:
    texts = ["a", "B", "Ä", "ä", "Z", "_", "👋", "10", "9", "\uffff"]
    for text in texts:
        await kept(connection, Kind.STRING, text)
    ordered = await connection.scalars(select(VALUES.c.string).order_by(VALUES.c.string))
    assert list(ordered) == sorted(texts)
