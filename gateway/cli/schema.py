"""``gateway schema``: the schema of a team's settings, for its code generators."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from gateway.cli import options


@click.command()
@options.settings_file
@click.option("--check", is_flag=True, help="Compare with the committed schema; fail where they differ.")
@click.option("--write", is_flag=True, help="Write the committed schema anew.")
@click.option(
    "--committed", type=click.Path(dir_okay=False, path_type=Path), default="schema.graphql", show_default=True
)
def command(file: Path | None, committed: Path, *, check: bool, write: bool) -> None:
    """Print the schema (SDL) of the settings."""
    from gateway import app
    from gateway.settings import load

    sdl = app.schema_of(app.catalog_of(load(file))).as_str() + "\n"
    if check:
        _check(committed, sdl)
    elif write:
        committed.write_text(sdl, encoding="utf-8")
    else:
        click.echo(sdl, nl=False)


def _check(committed: Path, sdl: str) -> None:
    known = committed.read_text(encoding="utf-8") if committed.exists() else ""
    if known == sdl:
        return
    for line in difflib.unified_diff(
        known.splitlines(), sdl.splitlines(), str(committed), "the declarations", lineterm=""
    ):
        click.echo(line)
    raise click.ClickException(f"{committed} is not what the declarations say; `gateway schema --write` writes it anew")
