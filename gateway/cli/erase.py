"""``gateway erase``: forget a person."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import options

if TYPE_CHECKING:
    from gateway.app import Maintenance


@click.command()
@options.settings_file
@click.option("--customer", "key", required=True, help="The customer's key, as `customer { key }` has it.")
@click.option("--yes", is_flag=True, help="Do not ask whether that is meant.")
def command(file: Path | None, key: str, *, yes: bool) -> None:
    """Forget a customer here, for good: content, documents, search and webhooks; an outline of each call stays."""
    from gateway import app
    from gateway.settings import load

    settings = load(file)
    if not yes:
        click.confirm(f"Forget {key}, for good?", abort=True)
    erased = asyncio.run(_erased(app.maintenance(settings), key))
    if not erased:
        raise click.ClickException(f"no call is of {key}")
    click.echo(f"{erased} {'call' if erased == 1 else 'calls'} of {key} erased; only their outlines are left.")


async def _erased(maintenance: Maintenance, key: str) -> int:
    async with maintenance.opened():
        return await maintenance.erase(key)
