"""``gateway``: the command and its subcommands."""

from __future__ import annotations

import importlib
from typing import Any, Final

import click

from gateway.errors import GatewayError

_COMMANDS: Final = (
    "serve",
    "demo",
    "backfill",
    "export",
    "keys",
    "webhooks",
    "erase",
    "schema",
    "settings",
    "decode",
    "simulator",
)


class _Commands(click.Group):
    """Each subcommand is the function ``command`` of its own module, imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"gateway.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run; an error that the gateway can explain ends the process with its explanation and status 2."""
        try:
            return super().invoke(ctx)
        except GatewayError as error:
            click.echo(f"gateway: {error}", err=True)
            ctx.exit(2)


@click.command(cls=_Commands)
@click.version_option(package_name="vapi-call-gateway")
def main() -> None:
    """A GraphQL gateway to Vapi's call records that makes the customer of a call a first-class type."""
