"""Views for BI tools: what they carry, who reads them, and what becomes of them from start to start."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pg8000.dbapi
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import create_engine, inspect

from gateway.domain.attributes import Sensitivity
from gateway.domain.catalog import Catalog, Configured, build
from gateway.domain.filters import EVERYTHING
from gateway.domain.tabular import CALLS, COSTS, CUSTOMERS
from gateway.errors import SettingsInvalid, StoreIncompatible
from gateway.store.migrations import VERSION_TABLE
from gateway.store.opening import prepare
from gateway.store.publishing import Unmade
from gateway.store.tables import tables
from gateway.store.views import Statement
from tests import databases
from tests.contracts.calls import CATALOG, absence, call_id, document, notice, snapshot
from tests.contracts.columnar import FLAT, OBSERVED, World
from tests.contracts.test_flat_tables import COSTS_OF_A_CALL
from tests.store.mirrors import mirror_at
from tests.store.published import Published

pytestmark = pytest.mark.anyio

PERSONAL: Final = ("customer_name", "customer_plan", "customer_tags")
VIEWS: Final = (CALLS, CUSTOMERS, COSTS)


@pytest.fixture
def published(postgresql_url: str) -> Iterator[Published]:
    """An empty database; the role and its logins are gone afterwards."""
    found = Published(postgresql_url, f"bi_{secrets.token_hex(8)}")
    yield found
    with found.connected() as connection:
        for made in connection.execute(
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", (found.role,)
        ).fetchall():
            found.do(f"DROP OWNED BY {made['rolname']}", f"DROP ROLE {made['rolname']}")


def own(*, sensitivity: str = "public", **types: str) -> Catalog:
    """A catalog with attributes of these types of the customer."""
    return build(
        {
            "customer": [
                Configured(name=name, type=kind, description=f"The {name}'s 100%.", sensitivity=sensitivity)
                for name, kind in types.items()
            ]
        }
    )


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def nameable() -> tuple[str, ...]:
    """Every attribute that can be named."""
    columns = (column for name in VIEWS for column in FLAT[name].columns.values())
    return tuple({c.flat for c in columns if c.sensitivity is not Sensitivity.PUBLIC})


async def test_the_views_hold_what_the_mirror_holds(published: Published, tmp_path: Path) -> None:
    """To the last digit, and the same customers: compared with plain Python."""
    async with mirror_at(published.url) as mirror:
        world = World(mirror.calls, tmp_path / "unused", published.url)
        await world.apply(*OBSERVED)
    assert await published.start(*nameable()) is None

    calls = {row["id"]: row for row, _ in world.reference.listed()}
    told = {row["id"]: plain(row) for row in published.rows("SELECT * FROM bi.calls")}
    assert told.keys() == calls.keys()
    assert {i: {name: row[name] for name in FLAT[CALLS].columns} for i, row in told.items()} == {
        i: {name: row[name] for name in FLAT[CALLS].columns} for i, row in calls.items()
    }

    customers = world.reference.all_customers(EVERYTHING)
    known = {row["customer_key"]: plain(row) for row in published.rows("SELECT * FROM bi.customers")}
    assert known == {key: {name: row[name] for name in FLAT[CUSTOMERS].columns} for key, row in customers.items()}


async def test_every_cost_is_a_row_with_its_call(published: Published) -> None:
    async with mirror_at(published.url) as mirror:
        await mirror.apply(snapshot(document(1, costs=COSTS_OF_A_CALL, created=3), read=4))
        (call,) = await mirror.rows("calls")
    await published.start()
    costs = published.rows("SELECT call_id, call_created_at, position, type, cost FROM bi.costs ORDER BY position")
    of_call = {"call_id": call_id(1), "call_created_at": call["created_at"]}
    assert costs == [
        {**of_call, "position": 0, "type": "model", "cost": 0.25},
        {**of_call, "position": 1, "type": "vapi", "cost": 0.05},
    ]
    assert tuple(published.columns(COSTS)) == tuple(FLAT[COSTS].columns)


async def test_calls_that_are_in_no_list_are_in_no_view(published: Published) -> None:
    """Deleted ones, and those that only a webhook has told of; what upstream forgot stays."""
    async with mirror_at(published.url) as mirror:
        await mirror.apply(*(snapshot(document(n, costs=COSTS_OF_A_CALL), read=4) for n in range(3)))
        await mirror.apply(
            absence(0, noticed=5), absence(1, noticed=5, deleted=False), notice(9, received=5, status="x")
        )
    await published.start()
    listed = {call_id(1), call_id(2)}
    assert {row["id"] for row in published.rows("SELECT id FROM bi.calls")} == listed
    assert {row["call_id"] for row in published.rows("SELECT call_id FROM bi.costs")} == listed


async def test_the_number_of_the_last_change_stands_beside_each_call(published: Published) -> None:
    async with mirror_at(published.url) as mirror:
        changes = await mirror.apply(snapshot(document(1), read=4), snapshot(document(2), read=4))
    await published.start()
    told = published.rows("SELECT id, change FROM bi.calls")
    assert {row["id"]: row["change"] for row in told} == {change.call_id: change.number for change in changes}


async def test_only_public_attributes_are_there_unless_others_are_named(published: Published) -> None:
    await published.start()
    for name in VIEWS:
        flat = FLAT[name].columns
        public = [column.flat for column in flat.values() if column.sensitivity is Sensitivity.PUBLIC]
        assert [column for column in published.columns(name) if column != "change"] == public
    await published.start("customer_name")
    for name in (CALLS, CUSTOMERS):
        assert set(published.columns(name)) & set(PERSONAL) == {"customer_name"}
    await published.start()
    assert "customer_name" not in published.columns(CALLS)


async def test_values_have_the_types_of_a_flat_table(published: Published) -> None:
    """A list is an array, which tools can group by; what is JSON in PostgreSQL equals nothing."""
    await published.start("customer_tags")
    types = published.columns(CALLS)
    assert set(types.values()) == {
        *("text", "timestamp with time zone", "double precision", "bigint", "boolean", "text[]"),
    }
    assert published.columns(CUSTOMERS)["customer_total_cost"] == "double precision"
    assert published.rows("SELECT customer_tags, count(*) FROM bi.calls GROUP BY customer_tags") == []


@pytest.mark.parametrize("name", ["customer_nme", "transcript", "customer_pin", "artifact_messages"])
def test_what_no_view_can_have_cannot_be_named(name: str) -> None:
    """What is unknown, what is no single value of a row, and what is secret."""
    catalog = build({"customer": [Configured(name="pin", type="String", description="A pin.", sensitivity="secret")]})
    with pytest.raises(SettingsInvalid, match=rf"GATEWAY_BI_ATTRIBUTES names “{name}”.*, customer_name, ") as refused:
        Published("", "role").views("customer_name", name, catalog=catalog)
    assert "customer_pin" not in str(refused.value).partition("there are")[2]


def test_what_is_read_from_documents_has_no_view() -> None:
    assert Published("", "role").views().names == VIEWS


async def test_the_role_reads_the_views_and_nothing_else(published: Published) -> None:
    await published.start()
    for name in VIEWS:
        assert published.rows(f"SELECT * FROM bi.{name}") == []  # noqa: S608  # a name of ours
    for table in tables(CATALOG).metadata.tables:
        with pytest.raises(InsufficientPrivilege, match="permission denied"):
            published.rows(f"SELECT 1 FROM public.{table}")  # noqa: S608  # a name of ours
    for statement in ("DELETE FROM bi.calls", "CREATE TABLE bi.own (n int)", "CREATE SCHEMA own"):
        with pytest.raises(InsufficientPrivilege, match="permission denied"):
            published.rows(statement)


async def test_no_function_of_a_readers_own_is_shown_what_a_view_leaves_out(published: Published) -> None:
    """PostgreSQL could ask a cheap function before the view's own condition."""
    async with mirror_at(published.url) as mirror:
        await mirror.apply(snapshot(document(1), read=4), snapshot(document(2), read=4))
        await mirror.apply(absence(1, noticed=5))
    await published.start()
    seen: list[str | None] = []
    with published.connected(as_role=True) as connection:
        connection.add_notice_handler(lambda notice: seen.append(notice.message_primary))
        connection.execute(
            "CREATE FUNCTION pg_temp.look(id text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 "
            "AS $$ BEGIN RAISE NOTICE '%', id; RETURN true; END $$"
        )
        connection.execute("SELECT id FROM bi.calls WHERE pg_temp.look(id)")
    assert seen == [call_id(2)]


async def test_every_view_and_every_column_says_what_it_is(published: Published) -> None:
    catalog = own(share="Float", plan="String")
    await published.start(catalog=catalog)
    for view in published.views(catalog=catalog).views:
        said = published.rows(
            "SELECT attname AS name, col_description(attrelid, attnum) AS doc, obj_description(attrelid) AS view "  # noqa: S608  # ours
            f"FROM pg_attribute WHERE attrelid = 'bi.{view.name}'::regclass AND attnum > 0"
        )
        assert {row["view"] for row in said} == {view.doc}
        assert {row["name"]: row["doc"] for row in said} == dict(view.docs)
        assert all(row["doc"] for row in said)
    docs = published.views(catalog=catalog).views[0].docs
    assert (docs["cost"], docs["customer_plan"]) == (FLAT[CALLS].columns["cost"].description, "The plan's 100%.")
    assert docs["duration_seconds"].endswith("In seconds.")


async def test_columns_come_go_and_change_with_the_catalog(published: Published) -> None:
    """Whatever hangs on them: views are taken away before, and made again behind it."""
    await published.start(catalog=own(plan="String", score="Int"))
    assert published.columns(CALLS)["customer_score"] == "bigint"
    await published.start(catalog=own(plan="String", score="String"))
    assert published.columns(CALLS)["customer_score"] == "text"
    await published.start(catalog=own(plan="String"))
    assert "customer_score" not in published.columns(CALLS)
    await published.start(catalog=own(plan="String", score="String"))
    assert "customer_score" in published.columns(CALLS)
    await published.start(catalog=own(plan="String", score="String", sensitivity="personal"))
    assert {"customer_plan", "customer_score"}.isdisjoint(published.columns(CALLS))


async def test_a_second_start_does_nothing(published: Published) -> None:
    await published.start("customer_name")
    before = published.there()
    assert before.keys() == set(VIEWS)
    assert await published.start("customer_name") is None
    assert published.there() == before


async def test_what_somebody_took_away_is_made_again(published: Published) -> None:
    await published.start()
    published.do("DROP VIEW bi.costs")
    await published.start()
    assert published.there().keys() == set(VIEWS)
    published.do(f"DROP OWNED BY {published.role}", f"DROP ROLE {published.role}")
    before = published.there()
    await published.start()
    assert published.rows("SELECT * FROM bi.calls") == []
    assert published.there() == before


async def test_views_that_are_wanted_no_more_are_gone(published: Published) -> None:
    await published.start()
    await published.start(schema="reports")
    assert published.there() == {}
    assert published.there("reports").keys() == set(VIEWS)
    assert published.rows("SELECT * FROM reports.calls") == []
    with pytest.raises(InsufficientPrivilege):
        published.rows("SELECT 'bi.calls'::regclass")
    await prepare(published.url, tables(CATALOG))
    assert published.there("reports") == {}


async def test_commands_that_only_look_after_the_mirror_leave_the_views_alone(published: Published) -> None:
    await published.start()
    before = published.there()
    await prepare(published.url, tables(CATALOG), attributes=False)
    assert published.there() == before


async def test_views_make_way_for_a_migration(published: Published) -> None:
    await published.start()
    published.do("DROP TABLE api_keys", f"UPDATE {VERSION_TABLE} SET version_num = '0001'")  # noqa: S608  # ours
    await prepare(published.url, tables(CATALOG), attributes=False)
    assert published.there() == {}
    await published.start()
    assert published.there().keys() == set(VIEWS)


async def test_several_can_start_at_once_over_one_database_or_two_of_a_server(
    published: Published, postgres_server: str
) -> None:
    """A role is one for the whole server."""
    with databases.database(postgres_server) as other:
        starts = (published.start(url=url) for url in (published.url, other, published.url, other))
        assert await asyncio.gather(*starts) == [None] * 4
        assert published.rows("SELECT * FROM bi.calls") == []
        assert await Published(other, published.role).start() is None
        Published(other, published.role).do(f"DROP OWNED BY {published.role}")


async def test_a_user_who_may_not_make_them_starts_without_and_is_told_what_is_missing(published: Published) -> None:
    """One right after the other is given."""
    user = f"{published.role}_gateway"
    published.do(
        f"CREATE ROLE {user} LOGIN PASSWORD '{user}'",
        f"GRANT CREATE, USAGE ON SCHEMA public TO {user}",
    )
    url = published.address(user).render_as_string(hide_password=False)
    may_not = "the user of the settings may not; it needs "
    assert await published.start(url=url) == Unmade("the schema “bi”", f"{may_not}CREATE on the database")
    published.do("CREATE SCHEMA bi")
    unmade = await published.start(url=url)
    assert unmade == Unmade("the views in the schema “bi”", f"{may_not}CREATE and USAGE on the schema “bi”")
    published.do(f"GRANT CREATE, USAGE ON SCHEMA bi TO {user}")
    assert await published.start(url=url) == Unmade(f"the role “{published.role}”", f"{may_not}CREATEROLE")
    assert published.there().keys() == set(VIEWS)
    published.do(f"CREATE ROLE {published.role}")
    unmade = await published.start(url=url)
    assert unmade == Unmade(f"the right of “{published.role}” to read the views", f"{may_not}to own the schema “bi”")
    published.do(f"GRANT USAGE ON SCHEMA bi TO {published.role}")
    assert await published.start(url=url) is None
    assert published.rows("SELECT * FROM bi.calls") == []


async def test_what_somebody_else_has_there_is_left_alone(published: Published) -> None:
    published.do("CREATE SCHEMA bi", "CREATE TABLE bi.calls AS SELECT 7 AS n")
    reason = "something that is not the gateway's bears their name"
    assert await published.start() == Unmade("the views in the schema “bi”", reason)
    assert published.rows("SELECT n FROM bi.calls", as_role=False) == [{"n": 7}]


async def test_views_that_somebody_built_upon_stay_until_these_are_gone(published: Published) -> None:
    await published.start(catalog=own(score="Int"))
    published.do("CREATE VIEW public.scores AS SELECT customer_score FROM bi.calls")
    before = published.there()
    reason = "something that is not the gateway's depends on them"
    unmade = Unmade("the views in the schema “bi”", reason)
    assert await published.start("customer_name", catalog=own(score="Int")) == unmade
    assert published.there() == before
    with pytest.raises(StoreIncompatible, match="needs a column that has to change"):
        await published.start(catalog=own(score="String"))
    published.do("DROP VIEW public.scores")
    assert await published.start(catalog=own(score="String")) is None


async def test_the_views_of_a_mirror_in_sqlite_are_none(tmp_path: Path) -> None:
    wanted = Published("", "role").views()
    assert await prepare(databases.sqlite_url(tmp_path), tables(CATALOG), views=wanted) is None


async def test_another_driver_reads_a_view_by_a_login_that_was_granted_the_role(published: Published) -> None:
    """As an administrator does it for a tool."""
    async with mirror_at(published.url) as mirror:
        await mirror.apply(snapshot(document(1, cost=0.25, customerId="a", plan="pro"), read=4))
    await published.start("customer_plan")
    login = f"{published.role}_tool"
    published.do(f"CREATE ROLE {login} LOGIN PASSWORD '{login}'", f"GRANT {published.role} TO {login}")
    at = published.address()
    connection = pg8000.dbapi.connect(login, host=at.host, port=at.port, database=at.database, password=login)
    cursor = connection.cursor()
    cursor.execute("SELECT id, customer_plan, sum(cost) FROM bi.calls GROUP BY id, customer_plan")
    assert list(cursor.fetchall()) == [[call_id(1), "pro", 0.25]]
    with pytest.raises(pg8000.dbapi.DatabaseError, match="permission denied"):
        cursor.execute("SELECT * FROM public.calls")
    connection.close()


@pytest.mark.parametrize("name", ['a"; DROP TABLE calls; --', "select", "A b", "100%"])
def test_whatever_a_name_holds_it_is_one_name(published: Published, name: str) -> None:
    """Though the settings take plain names only."""
    engine = create_engine(published.url)
    with engine.begin() as connection:
        connection.execute(Statement("CREATE SCHEMA {0}", name))
        connection.execute(Statement("COMMENT ON SCHEMA {0} IS {text}", name, text="It's 100% {0}: \\ :x"))
        assert name in inspect(connection).get_schema_names()
        said = connection.exec_driver_sql("SELECT obj_description(oid) FROM pg_namespace ORDER BY oid DESC LIMIT 1")
        assert said.scalar_one() == "It's 100% {0}: \\ :x"
    engine.dispose()
