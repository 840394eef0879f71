"""``gateway settings``: every setting with its type, default and help."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Final, get_args, get_origin

import click
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

_WIDTH: Final = 100


@click.command()
def command() -> None:
    """List every setting: its variable, type, default, and what it does."""
    click.echo("From the environment, then from the TOML file that --settings or GATEWAY_SETTINGS_FILE names")
    click.echo("(there by the name without the prefix, in lower case).\n")
    for line in described():
        click.echo(line)


def described() -> Iterator[str]:
    """The list, line by line."""
    from gateway.settings import Settings, variables

    for name, field in Settings.model_fields.items():
        nested = _model(field.annotation)
        if nested is None:
            yield f"{' or '.join(variables(name))}  ({_type(field.annotation)}, default {_default(field)})"
            yield from _help(field)
        else:
            yield f"{_header(name, field.annotation)}  (a table of the file)"
            yield from _nested(name, nested)


def _nested(table: str, model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        below = _model(field.annotation)
        header = _header(f"{table}.{name}", field.annotation)
        yield f"  {header}" if below else f"  {table}.{name}  ({_type(field.annotation)}, {_default(field)})"
        yield from _help(field, indent="      ")
        yield from _nested(f"{table}.{name}", below) if below else ()


def _header(name: str, annotation: Any) -> str:
    """How a table of the file begins; there can be several where it is one of a list."""
    return f"[[{name}]]" if get_origin(annotation) is tuple else f"[{name}]"


def _help(field: FieldInfo, indent: str = "    ") -> list[str]:
    return textwrap.wrap(field.description or "", _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _model(annotation: Any) -> type[BaseModel] | None:
    candidates = (annotation, *get_args(annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _type(annotation: Any) -> str:
    args = [a for a in get_args(annotation) if a not in (type(None), Ellipsis)]
    if not args:
        return "secret" if annotation is SecretStr else str(getattr(annotation, "__name__", annotation)).lower()
    if all(isinstance(arg, str) for arg in args):
        return " | ".join(args)
    return " ".join(dict.fromkeys(map(_type, args))) + _plural(annotation)


def _plural(annotation: Any) -> str:
    origin = get_origin(annotation)
    return " list" if origin is tuple else " table" if origin is dict else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True, validated_data={})
    if default in (None, (), {}):
        return "none"
    return ",".join(default) if isinstance(default, tuple) else str(default)
