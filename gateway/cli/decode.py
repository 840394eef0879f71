"""``gateway decode``: what the gateway reads in a saved call or webhook."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli import options

if TYPE_CHECKING:
    from gateway.domain.attributes import Attribute, Document
    from gateway.domain.catalog import Catalog


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.settings_file
def command(files: tuple[Path, ...], file: Path | None) -> None:
    """Show what the gateway reads in FILES: calls, lists of calls, or webhooks, saved as JSON."""
    from gateway import app
    from gateway.domain.redaction import redactor
    from gateway.settings import load

    settings = load(file)
    catalog = app.catalog_of(settings)
    decode, redact = app.decoder_of(settings, catalog), redactor(catalog.secret_keys)
    for saved in files:
        for document in _calls(saved):
            decoded = decode(redact(document).document)
            click.echo(json.dumps(shown(decoded.call, catalog), indent=2, ensure_ascii=False))
            for problem in decoded.problems:
                click.echo(f"{saved}: {problem.attribute} is {problem.found}, not {problem.expected}", err=True)


def _calls(saved: Path) -> list[Document]:
    from gateway.domain.messages import calls

    try:
        found = list(calls(json.loads(saved.read_text(encoding="utf-8-sig"))))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{saved} holds no JSON that can be read: {error}") from None
    if not any(found):
        raise click.ClickException(f"{saved} holds no call: it should be what GET /call/{{id}} answers, or a webhook")
    return found


def shown(record: Any, catalog: Catalog) -> dict[str, Any]:
    """A record as plain JSON, by the names that GraphQL has for it; what is not stated is left out."""
    from gateway.domain.customer import CallCustomer

    attributes = (a for a in catalog.records[type(record).__name__].attributes if a.exposed and a.name != "document")
    values = {name: value for a in attributes for name, value in _fields(a, a.of(record), catalog)}
    if isinstance(record, CallCustomer):
        values["provenance"] = {p.attribute: f"{p.path} ({p.origin.name}, {p.trust.name})" for p in record.provenance}
    return {name: value for name, value in values.items() if value not in (None, "", {})}


def _fields(attribute: Attribute, value: Any, catalog: Catalog) -> Iterator[tuple[str, Any]]:
    """The fields that GraphQL makes of an attribute: a text outside a closed set is UNKNOWN with the text beside it."""
    if attribute.values is None or value is None:
        yield attribute.name, _plain(value, catalog)
        return
    member = attribute.values.of(value)
    yield attribute.name, member.name
    if member.name == "UNKNOWN":
        yield f"{attribute.name}Raw", value


def _plain(value: Any, catalog: Catalog) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if type(value).__name__ in catalog.records:
        return shown(value, catalog)
    if isinstance(value, tuple):
        return [_plain(element, catalog) for element in value]
    return value
