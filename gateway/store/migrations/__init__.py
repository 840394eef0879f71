"""Migrations: the fixed tables of the mirror, revision by revision, by Alembic.

A revision's ``upgrade`` takes the operations to work with, not Alembic's global ``op``: two gateways of one process may
open their databases at the same time. Columns of attributes are none of its business (`gateway.store.columns`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from gateway.errors import StoreIncompatible

VERSION_TABLE: Final = "mirror_version"
"""Where the revision stands; a team's own Alembic may keep its ``alembic_version`` in the same database."""


def migrate(connection: Connection, before: Callable[[], object] = lambda: None) -> None:
    """Bring the fixed tables to the newest revision, in the transaction that the connection is in.

    ``before`` is done first where tables that are there change.

    Raises:
        StoreIncompatible: they are of a revision that this version does not know, or not ours.
    """
    scripts = ScriptDirectory(str(Path(__file__).parent))

    def steps(revision: Any, _: MigrationContext) -> Any:
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001  # as Alembic's own documentation does

    context = MigrationContext.configure(connection, opts={"fn": steps, "version_table": VERSION_TABLE})
    current = context.get_current_revision()
    if current == scripts.get_current_head():
        return
    _refuse_unknown(current, {script.revision for script in scripts.walk_revisions()})
    if current is None:
        _refuse_others(connection)
    else:
        before()
    context.run_migrations(op=Operations(context))


def _refuse_unknown(current: str | None, known: set[str]) -> None:
    if current is not None and current not in known:
        raise StoreIncompatible(
            f"The mirror's database is at revision “{current[:40]}”, which this version of the gateway does not know: "
            "a newer one made it. Start that version, or name another database; nothing was changed."
        )


def _refuse_others(connection: Connection) -> None:
    taken = sorted({"api_keys", "calls", "customers", "ledger"} & set(inspect(connection).get_table_names()))
    if taken:
        raise StoreIncompatible(
            f"The database has a table “{taken[0]}” that is not the mirror's. Name a database, or a schema, "
            "of the mirror's own; nothing was changed."
        )
