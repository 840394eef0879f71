"""``gateway decode``: what the gateway reads in a saved call or webhook."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click

from gateway.cli import options


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.settings_file
def command(files: tuple[Path, ...], file: Path | None) -> None:
    """Show what the gateway reads in FILES: calls, lists of calls, or webhooks, saved as JSON."""
    from gateway import app
    from gateway.domain.messages import calls
    from gateway.domain.redaction import redact
    from gateway.settings import load

    settings = load(file)
    catalog = app.catalog_of(settings)
    decode = app.decoder_of(settings, catalog)
    for saved in files:
        for document in calls(_read(saved)):
            decoded = decode(redact(document).document)
            click.echo(json.dumps(shown(decoded.call, catalog), indent=2, ensure_ascii=False))
            for problem in decoded.problems:
                click.echo(f"{saved}: {problem.attribute} is {problem.found}, not {problem.expected}", err=True)


def _read(saved: Path) -> Any:
    try:
        return json.loads(saved.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{saved} holds no JSON that can be read: {error}") from None


def shown(record: Any, catalog: Any) -> Any:
    """A record as plain JSON, by the names that GraphQL has for it; what is not stated is left out."""
    from gateway.domain.customer import CallCustomer

    values = {a.name: a.of(record) for a in catalog.records[type(record).__name__].attributes if a.exposed}
    values.pop("document", None)
    if isinstance(record, CallCustomer):
        values["provenance"] = {p.attribute: f"{p.path} ({p.origin.value}, {p.trust.value})" for p in record.provenance}
    return {name: _plain(value, catalog) for name, value in values.items() if value not in (None, "", {})}


def _plain(value: Any, catalog: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if type(value).__name__ in catalog.records:
        return shown(value, catalog)
    if isinstance(value, tuple):
        return [_plain(element, catalog) for element in value]
    return value
