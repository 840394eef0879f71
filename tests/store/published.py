"""A mirror in PostgreSQL whose views are made with what a test states, and those who look at them."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import URL, make_url

from gateway.domain.catalog import Catalog
from gateway.store.opening import prepare
from gateway.store.publishing import Unmade
from gateway.store.tables import tables
from gateway.store.views import Views, views
from tests.contracts.calls import CATALOG


@dataclasses.dataclass(frozen=True, slots=True)
class Published:
    """A database, and the name of the role of the test's own: roles are those of the whole server."""

    url: str
    role: str

    def views(self, *named: str, catalog: Catalog = CATALOG, schema: str = "bi") -> Views:
        """The views that are wanted."""
        return views(catalog, tables(catalog), schema=schema, role=self.role, named=named)

    async def start(
        self, *named: str, catalog: Catalog = CATALOG, schema: str = "bi", url: str | None = None
    ) -> Unmade | None:
        """What a gateway does at its start."""
        wanted = self.views(*named, catalog=catalog, schema=schema)
        return await prepare(url or self.url, tables(catalog), views=wanted)

    def address(self, user: str | None = None) -> URL:
        """The database for psycopg; with a user, for who has their name as the password."""
        address = make_url(self.url).set(drivername="postgresql")
        return address if user is None else address.set(username=user, password=user)

    @contextlib.contextmanager
    def connected(self, *, as_role: bool = False) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A connection of the administrator's, or one that may do what the role may."""
        url = self.address().render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
            if as_role:
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(self.role)))
            yield connection

    def do(self, *statements: str) -> None:
        """Let the administrator do something."""
        with self.connected() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, query: str, *, as_role: bool = True) -> list[dict[str, Any]]:
        """What the role is told, or the administrator."""
        with self.connected(as_role=as_role) as connection:
            return connection.execute(query.encode()).fetchall()

    def columns(self, view: str, schema: str = "bi") -> Mapping[str, str]:
        """The columns of a view, with their types."""
        found = self.rows(
            "SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute "  # noqa: S608  # ours
            f"WHERE attrelid = '{schema}.{view}'::regclass AND attnum > 0 ORDER BY attnum",
            as_role=False,
        )
        return {row["name"]: row["type"] for row in found}

    def there(self, schema: str = "bi") -> Mapping[str, int]:
        """The views that there are; made anew, each has another number."""
        found = self.rows(
            "SELECT relname AS name, oid AS number FROM pg_class "  # noqa: S608  # ours
            f"WHERE relkind = 'v' AND relnamespace = to_regnamespace('{schema}')",
            as_role=False,
        )
        return {row["name"]: row["number"] for row in found}
