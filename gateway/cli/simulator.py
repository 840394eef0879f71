"""``gateway simulator``: the simulated Vapi alone."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gateway.simulator.webhooks import Webhooks

_FORGET = "Forget calls older than so many days; Vapi's pay-as-you-go plan has 14."


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8055, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--seed", default=1, show_default=True, help="Another seed is another world.")
@click.option("--calls", default=5000, show_default=True, type=click.IntRange(0, 10_000_000), help="Calls of the past.")
@click.option("--live", default=5, show_default=True, type=click.IntRange(0, 1000), help="Calls that are under way.")
@click.option("--retention-days", type=click.FloatRange(min=0), help=_FORGET)
@click.option("--webhook-url", help="Where server messages are sent; POST /control/webhooks knows HMAC and the rest.")
@click.option("--webhook-secret", help="Sent along as X-Vapi-Secret.")
@click.option("--noisy", is_flag=True, help="Send the messages of every sentence, too.")
def command(
    *,
    host: str,
    port: int,
    seed: int,
    calls: int,
    live: int,
    retention_days: float | None,
    webhook_url: str | None,
    webhook_secret: str | None,
    noisy: bool,
) -> None:
    """Run a simulated Vapi to develop against; GET /control shows its samples and counters."""
    from gateway.simulator.app import create
    from gateway.simulator.server import run

    if webhook_url is None and (webhook_secret is not None or noisy):
        raise click.UsageError("--webhook-secret and --noisy need a --webhook-url to send to")
    webhooks = _webhooks(webhook_url, webhook_secret, noisy=noisy) if webhook_url else None
    app = create(seed=seed, calls=calls, live=live, retention_days=retention_days, webhooks=webhooks)
    click.echo(f"A simulated Vapi on http://{host}:{port}, private key sim-private-key, public key sim-public-key")
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn has ended in order and passes Ctrl-C on
        run(app, host, port)


def _webhooks(url: str, secret: str | None, *, noisy: bool) -> Webhooks:
    from gateway.simulator.signing import Secret
    from gateway.simulator.webhooks import Webhooks

    try:
        return Webhooks(url, Secret(secret) if secret else None, noisy=noisy)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--webhook-url") from error
