"""``gateway demo``: a simulated Vapi and the gateway in front of it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import click

from gateway.cli import options

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.simulator.server import Server

_KEY: Final = "sim-private-key"
_IDENTITY_KEY: Final = "the demo has nothing to hide"
_WEBHOOK_SECRET: Final = "sim-webhook-secret"  # noqa: S105  # it opens nothing

_QUERIES: Final = """
Four queries worth trying, at {url}/graphql:

1. A web call whose customer exists only in metadata; `plan` is a field of this demo's settings.

   {{ call(id: "{web}") {{ type status endedReasonCategory durationSeconds cost
       customer {{ key customerId name email plan provenance {{ attribute path origin trust }} }}
       freshness {{ ageMs state source }} }} }}

2. Calls of the last day that say “appointment”, of customers with a certain plan; any attribute filters and sorts.

   {{ calls(where: {{ createdAt: {{ gte: "-P1D" }}, search: "appointment", customer: {{ plan: {{ neq: FREE }} }} }},
       orderBy: [{{ attribute: DURATION_SECONDS, direction: DESC }}], first: 5) {{
       totalCount edges {{ highlights {{ text }} node {{ id durationSeconds customer {{ name plan }} booked }} }} }} }}

3. The customers who cost most, with their last calls, and how complete all of this is.

   {{ customers(orderBy: [{{ attribute: TOTAL_COST, direction: DESC }}], first: 3) {{
       nodes {{ key name callCount totalCost calls(first: 2) {{ nodes {{ id createdAt }} }} }} }}
     mirror {{ coverage {{ from to complete }} lagSeconds backfill {{ rows fraction done }} }} }}

4. A call that is under way: ask twice, and see how fresh the answer is.

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
        with (
            Server(create(seed=seed, calls=calls, private_key=_KEY)) as simulated,
            TemporaryDirectory(prefix="gateway-demo-") as folder,
        ):
            _serve(settings, simulated, Path(folder))


def _serve(settings: Settings, simulated: Server, folder: Path) -> None:
    """Serve until somebody ends it; its mirror ends with it, and is nobody else's."""
    from pydantic import SecretStr

    from gateway import app
    from gateway.cli.serving import serve
    from gateway.observe.logs import log_listener
    from gateway.simulator.signing import Secret
    from gateway.simulator.webhooks import Webhooks

    about = {
        "upstream_url": simulated.url,
        "upstream_key": SecretStr(_KEY),
        "upstream_rate": 0.0,
        "identity_key": SecretStr(_IDENTITY_KEY),
        "allow_anonymous": True,
        "graphiql": True,
        "data_dir": folder,
        "database_url": None,
        "webhook_secrets": (SecretStr(_WEBHOOK_SECRET),),
    }
    demo = settings.model_copy(update=about)
    samples, (newest,) = simulated.app.state.simulator.samples(), simulated.app.state.simulator.ids(0, 1)

    def announce(url: str) -> None:
        told = Webhooks(f"{url}/webhooks/vapi", authentication=Secret(_WEBHOOK_SECRET))
        simulated.app.state.simulator.webhooks = told
        click.echo(f"The gateway listens on {url}/graphql; its simulated Vapi on {simulated.url}. Ctrl-C ends both.")
        click.echo(f"A browser that opens {url}/graphql gets GraphiQL.")
        click.echo(
            _QUERIES.format(url=url, web=samples.get("web_metadata", newest), live=samples.get("talking", newest))
        )

    serve(app.build(demo, listen=log_listener()), demo, announce=announce)
