"""Contents: all that a mirror holds, as plain values that two mirrors can be compared by.

What merely says how a mirror came to its rows (change numbers, moments of reading, row numbers) is left out.
"""

from __future__ import annotations

import collections
import dataclasses
from typing import Any

from sqlalchemy import RowMapping, Table, select, text

from gateway.domain.mirrored import LISTED
from gateway.store.database import Database
from gateway.store.packing import unpack

_OWN = "mirror_"


@dataclasses.dataclass(frozen=True)
class Contents:
    """The rows of every table, by what they are about."""

    calls: dict[str, dict[str, Any]]
    documents: dict[str, Any]
    costs: dict[str, list[dict[str, Any]]]
    words: dict[str, str]
    customers: dict[str, dict[str, Any]]
    figures: dict[tuple[str, str], dict[str, Any]]


async def contents(database: Database) -> Contents:
    """What a mirror in SQLite holds of calls that stand in lists."""
    tables = database.tables
    async with database.reading() as connection:

        async def rows(table: Table) -> list[RowMapping]:
            return list((await connection.execute(select(table))).mappings())

        calls = [row for row in await rows(tables.calls) if row["mirror_state"] in {state.value for state in LISTED}]
        ids = {row["mirror_number"]: row["id"] for row in calls}
        documents = {ids[row["mirror_number"]]: unpack(row["body"]) for row in await rows(tables.documents)}
        costs = collections.defaultdict[str, list[dict[str, Any]]](list)
        for row in await rows(tables.costs):
            costs[ids[row["mirror_number"]]].append(_plain(row))
        words = await connection.execute(text("SELECT rowid, words FROM search"))
        return Contents(
            calls={row["id"]: _plain(row) for row in calls},
            documents=documents,
            costs={call_id: sorted(found, key=lambda row: row["position"]) for call_id, found in costs.items()},
            words={ids[number]: " ".join(sorted(found.split())) for number, found in words},
            customers={row["customer_key"]: _plain(row) for row in await rows(tables.customers)},
            figures={(row["customer_key"], row["assistant_id"]): _plain(row) for row in await rows(tables.figures)},
        )


def differences(one: Contents, other: Contents) -> list[str]:
    """What is not the same in both, in few words each; values are not shown."""
    found = []
    for field in dataclasses.fields(Contents):
        left, right = getattr(one, field.name), getattr(other, field.name)
        found += [f"{field.name}: {key} is missing" for key in right.keys() - left.keys()]
        found += [f"{field.name}: {key} is too much" for key in left.keys() - right.keys()]
        for key in left.keys() & right.keys():
            if left[key] != right[key]:
                found.append(f"{field.name}: {key} differs in {_where(left[key], right[key])}")
    return sorted(found)


def _plain(row: RowMapping) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith(_OWN)}


def _where(left: Any, right: Any) -> str:
    if not (isinstance(left, dict) and isinstance(right, dict)):
        return "its value"
    return ", ".join(sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name)))
