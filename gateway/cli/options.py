"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def settings_file(command: F) -> F:
    """``--settings FILE``."""
    kind = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.option("--settings", "file", type=kind, help="The TOML file; else GATEWAY_SETTINGS_FILE.")(command)


def host_and_port(command: F) -> F:
    """``--host`` and ``--port``, which win over the settings."""
    port = click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on; 0 takes a free one.")
    return click.option("--host", help="The address to listen on.")(port(command))


def stated(**options: object) -> dict[str, object]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}
