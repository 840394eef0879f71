"""The SQL for BI tools does what its page says."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from gateway.store.opening import prepare
from gateway.store.tables import tables
from gateway.store.views import views
from tests.contracts.calls import CATALOG, document, snapshot
from tests.contracts.test_flat_tables import COSTS_OF_A_CALL
from tests.docs.reading import blocks
from tests.store.mirrors import mirror_at

pytestmark = pytest.mark.anyio

ROLES = ("gateway_bi", "gateway", "metabase")


@pytest.fixture
def roles(postgresql_url: str) -> Iterator[dict[str, str]]:
    """Names for the roles of the page: those of a server are all tests', and maybe somebody else's."""
    names = {name: f"{name}_{secrets.token_hex(8)}" for name in ROLES}
    yield names
    with psycopg.connect(plain(postgresql_url), autocommit=True) as connection:
        for name in names.values():
            connection.execute(f"DROP OWNED BY {name}".encode())
            connection.execute(f"DROP ROLE {name}".encode())


def plain(url: str, user: str | None = None) -> str:
    """The address as psycopg has it, maybe of another user, whose password is stated apart."""
    address = make_url(url).set(drivername="postgresql")
    return (address if user is None else address.set(username=user, password=None)).render_as_string(
        hide_password=False
    )


def said(roles: dict[str, str]) -> list[str]:
    """The blocks of the page, with these roles."""
    found = [block for name, block in blocks("sql") if name == "bi-postgresql.md"]
    for name, own in roles.items():
        found = [block.replace(f" {name} ", f" {own} ").replace(f" {name};", f" {own};") for block in found]
    return found


async def test_an_administrator_prepares_a_tool_is_let_in_and_asks(postgresql_url: str, roles: dict[str, str]) -> None:
    letting_in, questions, needed = said(roles)
    user = roles["gateway"]
    with psycopg.connect(plain(postgresql_url), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'gateway'".encode())
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {user}".encode())
        connection.execute(needed.encode())
    url = make_url(postgresql_url).set(username=user, password="gateway").render_as_string(hide_password=False)
    async with mirror_at(url) as mirror:
        await mirror.apply(snapshot(document(1, costs=COSTS_OF_A_CALL, cost=0.3, customerId="7"), read=1))
    made = views(CATALOG, tables(CATALOG), schema="bi", role=roles["gateway_bi"])
    assert await prepare(url, tables(CATALOG), views=made) is None
    with psycopg.connect(plain(postgresql_url), autocommit=True) as connection:
        connection.execute(letting_in.encode())
    tool = plain(postgresql_url, roles["metabase"])
    with psycopg.connect(tool, password="a password of its own", autocommit=True) as connection:
        answers = [connection.execute(each.encode()).fetchall() for each in questions.split(";") if each.strip()]
        assert len(answers) == 3
        assert answers[1] == [("id:7", 1, 0.3)]
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (1,)
