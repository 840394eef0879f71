"""``gateway demo``: a simulated Vapi and the gateway in front of it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli import options

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.simulator.server import Server

_KEY: Final = "sim-private-key"
_IDENTITY_KEY: Final = "the demo has nothing to hide"

_QUERIES: Final = """
Three queries worth trying, at {url}/graphql:

1. A web call whose customer exists only in metadata; `plan` is a field of this demo's settings.

   {{ call(id: "{web}") {{ type status endedReasonCategory durationSeconds cost
       customer {{ key customerId name email plan provenance {{ attribute path origin trust }} }}
       freshness {{ ageMs state source }} }} }}

2. The newest calls of the last day, page by page.

   {{ calls(where: {{ createdAt: {{ gte: "-P1D" }} }}, first: 5) {{
       nodes {{ id createdAt type status customer {{ name plan }} booked }} pageInfo {{ hasNextPage endCursor }} }} }}

3. A call that is under way: ask twice, and see how fresh the answer is.

   {{ call(id: "{live}") {{ type status startedAt freshness {{ fetchedAt ageMs state source }} }} }}

The first of them from another terminal:

   curl -s {url}/graphql -H 'content-type: application/json' \\
     -d '{{"query": "{{ call(id: \\"{web}\\") {{ customer {{ customerId name email plan }} }} }}"}}'
"""


@click.command()
@options.host_and_port
@options.settings_file
@click.option("--calls", default=5000, show_default=True, type=click.IntRange(1, 10_000_000), help="Simulated calls.")
@click.option("--seed", default=1, show_default=True, help="Another seed is another world.")
def command(host: str | None, port: int | None, file: Path | None, calls: int, seed: int) -> None:
    """Try it out: a simulated Vapi and the gateway in front of it, no account needed."""
    from gateway.cli.serving import prepare_logging
    from gateway.settings import load
    from gateway.simulator.app import create
    from gateway.simulator.server import Server

    with resources.as_file(resources.files("gateway.cli") / "demo.toml") as usual:
        settings = load(file or usual, **options.stated(host=host, port=port))
        prepare_logging(settings.log_level)
        with Server(create(seed=seed, calls=calls, private_key=_KEY)) as simulated:
            _serve(settings, simulated)


def _serve(settings: Settings, simulated: Server) -> None:
    from pydantic import SecretStr

    from gateway import app
    from gateway.cli.serving import serve
    from gateway.observe.logs import log_listener

    about = {
        "upstream_url": simulated.url,
        "upstream_key": SecretStr(_KEY),
        "upstream_rate": 0.0,
        "identity_key": SecretStr(_IDENTITY_KEY),
    }
    demo = settings.model_copy(update=about)
    samples = simulated.app.state.simulator.samples()

    def announce(url: str) -> None:
        click.echo(f"The gateway listens on {url}/graphql; its simulated Vapi on {simulated.url}. Ctrl-C ends both.")
        click.echo(_QUERIES.format(url=url, web=samples["web_metadata"], live=samples.get("talking", samples["live"])))

    serve(app.build(demo, listen=log_listener()), demo, announce=announce)
