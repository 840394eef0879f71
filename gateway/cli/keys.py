"""``gateway keys``: the API keys by which callers are known."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli import options
from gateway.cli.aligned import aligned

if TYPE_CHECKING:
    from gateway.app import Maintenance
    from gateway.domain.keys import ApiKey
    from gateway.domain.principal import Scope
    from gateway.services.keys import Wish

_HEAD: Final = ("ID", "NAME", "STATE", "SCOPES", "BOUND TO", "CREATED", "EXPIRES", "LAST USED")
_LONGEST_NAME: Final = 100


@click.group()
def command() -> None:
    """API keys, by which callers are known (docs/security.md)."""


@command.command()
@click.option("--name", required=True, help="What the key is for: you find it again by that.")
@click.option(
    "--scopes", default=None, help="What it may do, parted by commas; calls:read,customers:read if nothing is said."
)
@click.option(
    "--customer",
    "customers",
    multiple=True,
    help="Bind it to a customer, by the key that `customer { key }` has; several times for several.",
)
@click.option("--assistant", "assistants", multiple=True, help="Bind it to an assistant, by its id; as often.")
@click.option("--expires", help="When it opens nothing any more: P30D is in 30 days, 2027-01-01 on that day (UTC).")
@click.option("--trusted-only", is_flag=True, help="A bound key opens calls whose customer a server stated, no others.")
@options.settings_file
def create(
    name: str,
    scopes: str | None,
    customers: tuple[str, ...],
    assistants: tuple[str, ...],
    expires: str | None,
    *,
    trusted_only: bool,
    file: Path | None,
) -> None:
    """Make a key. It is printed this once, alone on standard output: only a hash of it is kept."""
    from gateway import app
    from gateway.services.keys import Wish
    from gateway.settings import load

    if trusted_only and not customers:
        raise click.BadParameter(
            "it says which calls of a customer count: state --customer too", param_hint="--trusted-only"
        )
    settings, now = load(file), app.utc_now()
    wish = Wish(
        name=named(name),
        scopes=_scopes(scopes),
        customers=frozenset(map(_customer, customers)) or None,
        assistants=frozenset(map(_assistant, assistants)) or None,
        trusts_servers_only=trusted_only,
        expires_at=None if expires is None else ending(expires, now),
    )
    key, token = asyncio.run(_created(app.maintenance(settings), wish))
    ends = "" if key.expires_at is None else f" until {_moment(key.expires_at)}"
    click.echo(f"Key {key.id} for {bound(key)}, with {_scopes_of(key)}{ends}. It is shown this once:", err=True)
    click.echo(token)


@command.command("list")
@options.settings_file
def list_(file: Path | None) -> None:
    """Show all keys: what they may do, whether they are valid, and when they were used last."""
    from gateway import app
    from gateway.settings import load

    for line in table(asyncio.run(_all(app.maintenance(load(file)))), app.utc_now()):
        click.echo(line)


@command.command()
@click.argument("key_id", metavar="ID")
@options.settings_file
def revoke(key_id: str, file: Path | None) -> None:
    """Let the key with this ID open nothing any more; gateways that run notice within seconds."""
    from gateway import app
    from gateway.settings import load

    _check_id(key_id)
    if not asyncio.run(_revoked(app.maintenance(load(file)), key_id)):
        raise click.ClickException(f"there is no key {key_id} that opens anything; see gateway keys list")
    click.echo(f"Key {key_id} is revoked.")


async def _created(maintenance: Maintenance, wish: Wish) -> tuple[ApiKey, str]:
    async with maintenance.opened():
        return await maintenance.keys.create(wish)


async def _all(maintenance: Maintenance) -> Sequence[ApiKey]:
    async with maintenance.opened():
        return await maintenance.keys.all()


async def _revoked(maintenance: Maintenance, key_id: str) -> bool:
    async with maintenance.opened():
        return await maintenance.keys.revoke(key_id)


def named(stated: str) -> str:
    """The name of a key: something to see, on one line."""
    name = stated.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise click.BadParameter(f"a name has 1 to {_LONGEST_NAME} characters on one line", param_hint="--name")
    return name


def ending(stated: str, now: dt.datetime) -> dt.datetime:
    """When a key ends: a date, or a duration from now."""
    from gateway.domain.moments import resolve

    try:
        ends = resolve(stated, now)
    except ValueError:
        reason = "state a duration from now (P30D) or a date (2027-01-01, UTC)"
        raise click.BadParameter(reason, param_hint="--expires") from None
    if ends <= now:
        raise click.BadParameter(f"{_moment(ends)} is over already", param_hint="--expires")
    return ends


def _check_id(stated: str) -> None:
    """Refuse what is no id, and do not repeat it: it may be a whole key."""
    from gateway.domain.keys import is_id

    if not is_id(stated):
        reason = "the id of a key is what gateway keys list shows: twelve hexadecimal digits, the first part of the key"
        raise click.BadParameter(reason, param_hint="ID")


def _scopes(stated: str | None) -> frozenset[Scope]:
    from gateway.services.keys import scopes

    words = [word for each in (stated or "").split(",") if (word := each.strip())]
    if stated is not None and not words:  # a variable of a script that is empty does not mean the usual ones
        raise click.BadParameter("it names no scope; leave it out for the usual ones", param_hint="--scopes")
    try:
        return scopes(words)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--scopes") from None


def _customer(stated: str) -> str:
    from gateway.domain.keys import is_customer_key

    if not is_customer_key(stated):
        reason = "it is no customer's key; those are as `customer { key }` has them: id:cus_7431, tel~ and 32 digits, …"
        raise click.BadParameter(reason, param_hint="--customer")
    return stated


def _assistant(stated: str) -> str:
    from gateway.domain.identifiers import assistant_id

    found = assistant_id(stated)
    if found is None:
        reason = "it is no assistant's id; those are UUIDs, as Vapi's dashboard and `call { assistantId }` have them"
        raise click.BadParameter(reason, param_hint="--assistant")
    return found


def table(keys: Sequence[ApiKey], now: dt.datetime) -> list[str]:
    """The keys as lines with aligned columns; one line that says so where there are none."""
    if not keys:
        return ["There are no keys; gateway keys create makes one."]
    return aligned([_HEAD, *(_row(key, now) for key in keys)])


def _row(key: ApiKey, now: dt.datetime) -> tuple[str, ...]:
    state = "valid" if key.is_valid(now) else "expired" if key.revoked_at is None else "revoked"
    moments = (key.created_at, key.expires_at, key.last_used_at)
    return key.id, key.name, state, _scopes_of(key), bound(key), *("-" if m is None else _moment(m) for m in moments)


def bound(key: ApiKey) -> str:
    """What a key is bound to, in numbers: whose keys they are is nobody's business who reads a terminal."""
    parts = ((key.customers, "customer"), (key.assistants, "assistant"))
    told = [f"{len(those)} {one if len(those) == 1 else f'{one}s'}" for those, one in parts if those is not None]
    trusted = " as servers stated them" if told and key.trusts_servers_only else ""
    return (" and ".join(told) or "all calls") + trusted


def _scopes_of(key: ApiKey) -> str:
    return ",".join(sorted(scope.value for scope in key.scopes))


def _moment(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")
