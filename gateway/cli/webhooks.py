"""``gateway webhooks``: webhooks that could not be applied, and letting them be applied again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli import options
from gateway.cli.aligned import aligned

if TYPE_CHECKING:
    from gateway.ports import Entry, Ledger
    from gateway.settings import Settings

_MOST: Final = 100_000
_TOGETHER: Final = 500
_HEAD: Final = ("ID", "TYPE", "RECEIVED", "CALL", "REASON")


@click.group()
def command() -> None:
    """Webhooks that could not be applied (dead letters)."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1, _MOST), default=100, help="How many to show, oldest first.")
@options.settings_file
def list_(limit: int, file: Path | None) -> None:
    """Show the dead letters: id, type, when it was received, the call it is about, and why it is dead."""
    from gateway.settings import load

    for line in asyncio.run(_shown(load(file), limit)):
        click.echo(line)


@command.command()
@click.argument("ids", nargs=-1, type=click.IntRange(1))
@click.option("--all", "every", is_flag=True, help="All dead letters.")
@options.settings_file
def replay(ids: tuple[int, ...], every: bool, file: Path | None) -> None:  # noqa: FBT001  # click passes it by name
    """Let the dead letters with these IDS be applied again, by the server that runs or by the next one."""
    from gateway.settings import load

    if every == bool(ids):
        raise click.UsageError("Name the ids that `gateway webhooks list` shows, or say --all.")
    found = asyncio.run(_replayed(load(file), None if every else ids))
    click.echo(f"{found} {'webhook waits' if found == 1 else 'webhooks wait'} to be applied again.")
    if found < len(ids):
        raise click.ClickException(f"{len(ids) - found} of the {len(ids)} ids are no dead letters")


async def _shown(settings: Settings, limit: int) -> list[str]:
    async with _ledger(settings) as ledger:
        return table(await ledger.dead(limit))


async def _replayed(settings: Settings, ids: Sequence[int] | None) -> int:
    async with _ledger(settings) as ledger:
        return await revived(ledger, ids)


@contextlib.asynccontextmanager
async def _ledger(settings: Settings) -> AsyncIterator[Ledger]:
    from gateway import app
    from gateway.wiring.mirror import mirror

    kept = mirror(settings, app.catalog_of(settings), app.identity_key(settings), changed=lambda _: None)
    try:
        await kept.look()
        yield kept.ledger
    finally:
        await kept.database.close()


async def revived(ledger: Ledger, ids: Sequence[int] | None) -> int:
    """Let these dead letters wait again, or all; how many there were. Few at a time: others write to the ledger too."""
    named = [entry.id for entry in await ledger.dead(_MOST)] if ids is None else list(dict.fromkeys(ids))
    pieces = (named[start : start + _TOGETHER] for start in range(0, len(named), _TOGETHER))
    return sum([await ledger.revive(piece) for piece in pieces])


def table(dead: Sequence[Entry]) -> list[str]:
    """The dead letters as lines with aligned columns; one line that says so where there are none."""
    if not dead:
        return ["There are no dead letters."]
    return aligned([_HEAD, *(_row(entry) for entry in dead)])


def _row(entry: Entry) -> tuple[str, ...]:
    delivery = entry.delivery
    received = delivery.received_at.isoformat(timespec="seconds")
    return str(entry.id), delivery.type, received, delivery.call_id or "-", entry.reason or "-"
