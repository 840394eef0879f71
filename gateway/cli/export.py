"""``gateway export``: a table into a file, or all of them into one of DuckDB's."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from gateway.cli import options

if TYPE_CHECKING:
    from gateway.app import Exporting
    from gateway.services.tables import Opened, TableRequest

_FORMATS: Final = ("csv", "ndjson", "parquet", "arrow")
_DATABASE: Final = ".duckdb"


@click.command()
@click.argument("table", required=False)
@click.option(
    "--to",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; its ending says what it is: .csv, .ndjson, .parquet or .arrow, or .duckdb for all tables in one.",
)
@click.option("--columns", help="The columns, parted by commas; all, if left out.")
@click.option("--where", help="Which rows: the GraphQL filter as JSON.")
@click.option("--since", type=click.IntRange(0), help="Only what changed behind this change, deletions included.")
@options.settings_file
def command(
    table: str | None, *, to: Path, columns: str | None, where: str | None, since: int | None, file: Path | None
) -> None:
    """Write TABLE (calls, customers, costs, messages, structured_outputs) into a file, or all into one of DuckDB's.

    Where the settings declare metrics, there is daily_metrics, too.
    """
    from gateway import app
    from gateway.settings import load

    ending = to.suffix.lower()
    if ending == _DATABASE:
        if table or columns or where or since is not None:
            raise click.UsageError("A .duckdb file gets all tables, whole: leave out TABLE and what narrows it.")
        work = _all_tables(app.exporting(load(file)), to)
    else:
        if table is None:
            raise click.UsageError(
                "Name the table: calls, customers, costs, messages or structured_outputs; a .duckdb file gets all."
            )
        if ending.removeprefix(".") not in _FORMATS:
            raise click.BadParameter(f"it must end in one of {', '.join(_FORMATS)}, duckdb", param_hint="--to")
        asked = {"columns": _parted(columns), "where": _json(where), "since": since}
        work = _one_table(app.exporting(load(file)), table, to, asked)
    state = asyncio.run(work)
    click.echo(f"{to}: as of change {state}.", err=True)


def _parted(columns: str | None) -> list[str] | None:
    return None if columns is None else [each.strip() for each in columns.split(",")]


def _json(where: str | None) -> Any:
    try:
        return None if where is None else json.loads(where)
    except (ValueError, RecursionError):
        raise click.BadParameter("it must be a filter as JSON", param_hint="--where") from None


async def _one_table(exporting: Exporting, table: str, to: Path, asked: dict[str, Any]) -> int:
    from gateway.export.formats import FORMATS, Encoder

    request = exporting.request(table, **asked)
    async with _opened(exporting, request) as opened:
        encoder = None
        with _replacing(to) as file, _bar(table, await _length(opened)) as bar:
            async for batch in opened.scan.batches():
                encoder = encoder or Encoder(FORMATS[to.suffix.lower().removeprefix(".")], batch.schema)
                file.write(encoder.encoded(batch))
                bar.update(batch.num_rows)
            if encoder is not None:
                file.write(encoder.rest())
        return opened.scan.state


async def _all_tables(exporting: Exporting, to: Path) -> int:
    """All tables of one state."""
    from gateway.export.database import Database
    from gateway.services.stats import LATEST, Snapshot

    snapshot, state = LATEST, 0
    part = to.with_name(f"{to.name}.part")
    async with exporting.opened():
        with _gone_if_broken(part), contextlib.closing(Database(part)) as database:
            for table in exporting.tables.flat.values():
                request = exporting.request(table.name, snapshot=snapshot)
                async with exporting.tables.opened(exporting.principal, request) as opened:
                    state = opened.scan.state
                    snapshot = Snapshot(as_of=str(state))
                    with _bar(table.name, await _length(opened)) as bar:
                        async for batch in opened.scan.batches():
                            database.put(table, batch)
                            bar.update(batch.num_rows)
            database.finish(state)
        part.replace(to)
    return state


@contextlib.asynccontextmanager
async def _opened(exporting: Exporting, request: TableRequest) -> AsyncIterator[Opened]:
    async with exporting.opened(), exporting.tables.opened(exporting.principal, request) as opened:
        yield opened


async def _length(opened: Opened) -> int:
    """How many rows there are; what documents hold shows when they are read."""
    return 0 if opened.table.of_documents else await opened.scan.count()


@contextlib.contextmanager
def _bar(name: str, length: int) -> Iterator[Any]:
    with click.progressbar(length=length or 1, label=name, file=sys.stderr, show_pos=True) as bar:
        yield bar


@contextlib.contextmanager
def _replacing(to: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of another when it is complete, and is none before."""
    part = to.with_name(f"{to.name}.part")
    with _gone_if_broken(part):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
        part.replace(to)


@contextlib.contextmanager
def _gone_if_broken(part: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise
