"""``gateway simulator``: the simulated Vapi alone."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8055, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--seed", default=1, show_default=True, help="Another seed is another world.")
@click.option("--calls", default=5000, show_default=True, type=click.IntRange(0, 10_000_000), help="Calls of the past.")
@click.option("--live", default=5, show_default=True, type=click.IntRange(0, 1000), help="Calls that are under way.")
def command(host: str, port: int, seed: int, calls: int, live: int) -> None:
    """Run a simulated Vapi to develop against; GET /control shows its samples and counters."""
    from gateway.simulator.app import create
    from gateway.simulator.server import run

    app = create(seed=seed, calls=calls, live=live)
    click.echo(f"A simulated Vapi on http://{host}:{port}, private key sim-private-key, public key sim-public-key")
    run(app, host, port)
