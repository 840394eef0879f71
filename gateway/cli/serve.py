"""``gateway serve``: the gateway in front of Vapi."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from gateway.cli import options


@click.command()
@options.host_and_port
@options.settings_file
def command(host: str | None, port: int | None, file: Path | None) -> None:
    """Serve GraphQL in front of Vapi; VAPI_API_KEY must be set. `gateway settings` lists all else."""
    from gateway import app
    from gateway.cli.serving import prepare_logging, serve
    from gateway.observe.logs import log_listener
    from gateway.settings import load, unknown_variables

    settings = load(file, **options.stated(host=host, port=port))
    app.check_exposure(settings)
    prepare_logging(settings.log_level)
    for name in unknown_variables(os.environ):
        click.echo(f"gateway: {name} in the environment is no setting of this version; it is ignored", err=True)
    built = app.build(settings, listen=log_listener())
    advice = app.check_ways_in(settings, has_keys=asyncio.run(app.make_ready(settings)))
    if advice is not None:
        click.echo(f"gateway: {advice}", err=True)
    serve(
        built,
        settings,
        announce=lambda url: click.echo(f"Listening on {url}/graphql, in front of {settings.upstream_url}"),
    )
