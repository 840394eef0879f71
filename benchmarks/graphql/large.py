"""The large mirror: calls of many customers, made once for each version of the schema and kept in the user's cache."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks import store
from benchmarks.graphql import data
from benchmarks.graphql.node_servers import cache
from gateway.store.opening import opened
from gateway.store.packing import pack

_VERSION: Final = 1
"""Another one where what is put in has changed."""
_FILE: Final = "mirror.sqlite"
_SETTINGS: Final = "settings.toml"
_PLAN: Final = """\
[[customer.attributes]]
name = "plan"
type = "String"
description = "The plan."
use = ["filter", "sort", "group", "export", "index"]
"""
_BYTES_EACH: Final = 4000
"""What a call takes on the disk, with room for making the indexes."""


class NoRoom(Exception):
    """The disk has no room for so many calls; the message says how much they need."""


class Whole(store.Calls):
    """The calls of `benchmarks.store`, with documents that say the same as their rows."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.bodies = [b""] * store.AT_ONCE  # of the rows that were made last: each batch puts in its own

    def row(self, number: int) -> dict[str, Any]:
        """The columns of a call, whose document is ready from now on."""
        row = super().row(number)
        row |= {"customer_key": f"id:{row['customer_id']}", "name": None, "phone_number_id": None}
        row["customer_key_trust"] = "client"
        self.bodies[number % len(self.bodies)] = pack(self._said(row))
        return row

    def _said(self, row: dict[str, Any]) -> dict[str, Any]:
        """Vapi's document of a web call."""
        metadata = {
            "customerId": row["customer_id"],
            "customerName": row["customer_name"],
            "email": row["customer_email"],
            "plan": row["customer_plan"],
        }
        return {
            **{name: row[column] for name, column in _SAME.items()},
            **{name: _written(row[column]) for name, column in _MOMENTS.items()},
            "assistantOverrides": {"metadata": metadata},
            "transport": {"provider": row["transport_provider"]},
            "analysis": {"successEvaluation": row["analysis_success_evaluation"]},
            "artifact": {"transcript": " ".join(self._chance.choices(self._words, k=60))},
        }


_SAME: Final = {
    "id": "id",
    "orgId": "org_id",
    "type": "type",
    "status": "status",
    "endedReason": "ended_reason",
    "cost": "cost",
    "assistantId": "assistant_id",
}
_MOMENTS: Final = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "startedAt": "started_at",
    "endedAt": "ended_at",
}


def _written(microseconds: int) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Large:
    """A mirror of so many calls in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def settings(self) -> Path:
        """The settings file of its gateway."""
        return self.folder / _SETTINGS

    async def confirm(self) -> None:
        """Note that it is current. Its database must not be open elsewhere the first time."""
        async with data.opened(data.settings_of(self.folder, self.settings)) as mirror:
            await data.confirm(mirror)

    def customers(self) -> Iterator[str]:
        """The keys of its customers in no order, each once before any comes again."""
        connection = sqlite3.connect(f"file:{self.folder / _FILE}?mode=ro", uri=True)
        keys = [key for (key,) in connection.execute("SELECT customer_key FROM customers ORDER BY 1")]
        connection.close()
        random.Random(1).shuffle(keys)  # noqa: S311  # whose turn it is matters to nobody
        return itertools.cycle(keys)


async def made(count: int) -> Large:
    """The large mirror, as it was kept, or filled now. Raises `NoRoom`."""
    of = store.catalog()
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache(), prefix="filling-") as temporary:
        draft = Path(temporary) / "mirror"
        draft.mkdir()
        database = await opened(f"sqlite:///{draft / _FILE}", of)
        await database.close()
        prefix = f"calls-{count}-"
        kept = cache() / f"{prefix}{_version(draft / _FILE)}"
        if kept.exists():
            return Large(kept)
        for outdated in cache().glob(f"{prefix}*"):
            shutil.rmtree(outdated)
        needed = count * _BYTES_EACH
        if shutil.disk_usage(draft).free < needed:
            raise NoRoom(f"a mirror of {count:,} calls needs {needed / 1e9:.1f} GB in the folder for caches")
        store.fill(draft / _FILE, Whole(count), of)
        (draft / _SETTINGS).write_text(_PLAN)
        await Large(draft).confirm()
        draft.rename(kept)
    return Large(kept)


def _version(file: Path) -> str:
    """What tells one schema from another: the statements that make its tables and indexes."""
    connection = sqlite3.connect(file)
    statements = [
        sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1")
    ]
    connection.close()
    return hashlib.blake2b(f"{_VERSION}{statements}".encode(), digest_size=6).hexdigest()
