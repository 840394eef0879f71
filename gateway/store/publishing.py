"""Publishing: the views for BI tools, as PostgreSQL has them and as they are wanted, brought together at start.

Views hang on columns, so they are taken away before columns change and made again behind it, in one transaction; a
fingerprint says which ones are there. What the database's user may not do is left undone and told: the gateway itself
needs no view.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, exc, func, insert, inspect, select, text
from sqlalchemy.schema import CreateSchema

from gateway.store.tables import Tables
from gateway.store.views import Statement, Statements, Views, dropping, fingerprint, granting, making

_SAVED: Final = "views"
"""Under this name is saved which views are there."""

_REASONS: Final[Mapping[str, str]] = {
    "2BP01": "something that is not the gateway's depends on them",
    "42501": "the user of the settings may not; it needs {right}",
    "42809": "something that is not the gateway's bears their name",
    "42P07": "something that is not the gateway's bears their name",
    "55P03": "somebody reads or changes them for too long",
}
"""By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Unmade:
    """What was not made of the views and their role, and why."""

    what: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Step:
    """Statements that are done together or not at all; ``right`` is what the database's user needs for them."""

    what: str
    right: str
    statements: Statements


def withdraw(connection: Connection, tables: Tables, wanted: Views | None) -> Unmade | None:
    """Take away the views that are there, unless they are the wanted ones; None where no other is left."""
    known = _known(connection, tables)
    if known is None or (wanted is not None and _stand(connection, known, wanted)):
        return None
    statements = dropping(known["schema"], known["views"])
    if _schema_exists(connection, known["schema"]) and _role_exists(connection, known["role"]):
        statements = (*statements, Statement("REVOKE USAGE ON SCHEMA {0} FROM {1}", known["schema"], known["role"]))
    step = _Step(f"the views in the schema “{known['schema']}”", "to own them", statements)
    left = _done(connection, step)
    if left is None:
        connection.execute(delete(tables.saved).where(tables.saved.c.name == _SAVED))
    return left


def publish(connection: Connection, tables: Tables, wanted: Views) -> Unmade | None:
    """Make the views, the role, and its right to read them, where they are not there; the first that cannot be made."""
    return _views(connection, tables, wanted) or _role(connection, wanted) or _rights(connection, wanted)


def _known(connection: Connection, tables: Tables) -> Any:
    """Which views are there, None where none were made."""
    return connection.scalar(select(tables.saved.c.value).where(tables.saved.c.name == _SAVED))


def _stand(connection: Connection, known: Mapping[str, Any], wanted: Views) -> bool:
    """Whether the views that were made are the wanted ones, and nobody has dropped any."""
    there = inspect(connection).get_view_names(known["schema"]) if known["fingerprint"] == fingerprint(wanted) else ()
    return set(wanted.names) <= set(there)


def _views(connection: Connection, tables: Tables, wanted: Views) -> Unmade | None:
    if _known(connection, tables) is not None:
        return None
    if not _schema_exists(connection, wanted.schema):
        schema = _Step(f"the schema “{wanted.schema}”", "CREATE on the database", (CreateSchema(wanted.schema),))
        if (unmade := _done(connection, schema)) is not None:
            return unmade
    right = f"CREATE and USAGE on the schema “{wanted.schema}”"
    unmade = _done(connection, _Step(f"the views in the schema “{wanted.schema}”", right, making(wanted)))
    if unmade is None:
        made = {
            "schema": wanted.schema,
            "role": wanted.role,
            "views": wanted.names,
            "fingerprint": fingerprint(wanted),
        }
        connection.execute(insert(tables.saved).values(name=_SAVED, value=made))
    return unmade


def _role(connection: Connection, wanted: Views) -> Unmade | None:
    """Make the role, which is one for all databases of a server: another gateway may make it at the same moment."""
    if _role_exists(connection, wanted.role):
        return None
    made = Statement("CREATE ROLE {0} NOLOGIN", wanted.role)
    unmade = _done(connection, _Step(f"the role “{wanted.role}”", "CREATEROLE", (made,)))
    return None if _role_exists(connection, wanted.role) else unmade


def _rights(connection: Connection, wanted: Views) -> Unmade | None:
    if _may_read(connection, wanted):
        return None
    what, right = f"the right of “{wanted.role}” to read the views", f"to own the schema “{wanted.schema}”"
    unmade = _done(connection, _Step(what, right, granting(wanted)))
    if unmade is None and not _may_read(connection, wanted):  # PostgreSQL only warns of what it does not grant
        return Unmade(what, _REASONS["42501"].format(right=right))
    return unmade


def _may_read(connection: Connection, wanted: Views) -> bool:
    quote = connection.dialect.identifier_preparer.quote_identifier
    views = (f"{quote(wanted.schema)}.{quote(name)}" for name in wanted.names)
    enters = func.has_schema_privilege(wanted.role, wanted.schema, "USAGE")
    reads = (func.has_table_privilege(wanted.role, view, "SELECT") for view in views)
    return all(connection.execute(select(enters, *reads)).one())


def _schema_exists(connection: Connection, name: str) -> bool:
    return inspect(connection).has_schema(name)


def _role_exists(connection: Connection, name: str) -> bool:
    found = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :name)")
    return bool(connection.scalar(found, {"name": name}))


def _done(connection: Connection, step: _Step) -> Unmade | None:
    """Do a step: all of it, or nothing and the reason."""
    try:
        with connection.begin_nested():
            for statement in step.statements:
                connection.execute(statement)
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        return Unmade(step.what, _reason(error, step.right))
    return None


def _reason(error: exc.DBAPIError, right: str) -> str:
    """Why a step was refused; never in the driver's words."""
    state = str(getattr(error.orig, "sqlstate", None))
    return _REASONS.get(state, f"PostgreSQL refused it ({state})").format(right=right)
