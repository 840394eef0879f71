"""``gateway backfill``: walking through history in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli import options
from gateway.domain.backfilling import Progress, progress
from gateway.domain.retention import Retention
from gateway.errors import StoreError
from gateway.observe.events import Event, Listener, SyncFailed
from gateway.services.checkpoints import Checkpoints
from gateway.services.sync import Sync

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.ports import Upkeep

_LOOK: Final = 0.5
"""Seconds from one look at the progress to the next."""
_LOOKS_PER_LINE: Final = 20
_BAR: Final = 1000
_PIECE: Final = 500
_INTERRUPTED: Final = 130
_HOPELESS: Final = ("UPSTREAM_UNAUTHORIZED", "UPSTREAM_FORBIDDEN", "UPSTREAM_REJECTED")
"""What waiting does not mend: the gateway would go on trying, a command ends."""


@click.command()
@options.settings_file
@click.option("--reproject", is_flag=True, help="Read all columns anew from the stored documents instead.")
def command(file: Path | None, *, reproject: bool) -> None:
    """Fill the mirror with all calls that Vapi still has; goes on where it stopped.

    Ctrl-C ends it at any time. Beside a running gateway it shows the progress of that one.
    """
    from gateway import app
    from gateway.cli.serving import prepare_logging
    from gateway.observe.logs import log_listener
    from gateway.settings import load

    settings = load(file)
    prepare_logging(settings.log_level if settings.log_level != "info" else "warning")
    watch = Watch(log_listener())

    built = app.gateway(settings, listen=watch)

    async def work() -> int:
        async with built.opened():
            return await (_reproject(built.mirror.upkeep) if reproject else _fill(built, watch))

    sys.exit(_until_ended(work))


@dataclasses.dataclass
class Watch:
    """A listener that remembers a failure of the backfill that nothing but a person can mend."""

    listen: Listener
    hopeless: str | None = None

    def __call__(self, event: Event) -> None:
        self.listen(event)
        if isinstance(event, SyncFailed) and event.part == "backfill" and event.code in _HOPELESS:
            self.hopeless = event.code


def _until_ended(work: Callable[[], Awaitable[int]]) -> int:
    """Do the work until it is done, or until Ctrl-C or SIGTERM end it in order; the exit code."""

    async def ended() -> int:
        doing = asyncio.ensure_future(work())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, doing.cancel)
        return await doing

    try:
        return asyncio.run(ended())
    except asyncio.CancelledError:
        click.echo("Stopped; it goes on from here next time.", err=True)
        return _INTERRUPTED


async def _fill(built: Gateway, watch: Watch) -> int:
    with _shown() as show:
        code = await run(
            built.keeper.sync,
            Checkpoints(built.mirror.state),
            built.mirror.retention,
            clock=built.clock,
            show=show,
            say=lambda text: click.echo(text, err=True),
            hopeless=lambda: watch.hopeless,
        )
    if code == 0:
        click.echo("The mirror holds all calls that Vapi still has.", err=True)
    return code


async def run(
    sync: Sync,
    checkpoints: Checkpoints,
    retention: Retention,
    *,
    clock: Callable[[], dt.datetime],
    show: Callable[[Progress], None],
    say: Callable[[str], None],
    hopeless: Callable[[], str | None] = lambda: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> int:
    """Keep the mirror, or wait for who does, until history and all changes are in; ``show`` is told how far it is.

    All else goes on meanwhile, as in a gateway. The exit code: 0, or 1 where it is ``hopeless``.
    """
    begun, said = clock(), False
    keeping = asyncio.ensure_future(sync.run())
    try:
        while not await _is_done(checkpoints, retention, begun, show):
            await sleep(_LOOK)
            if keeping.done():
                await keeping  # it never ends by itself but by an error
            if (code := hopeless()) is not None:
                say(f"gateway: Vapi refuses: {code}. Look at VAPI_API_KEY and GATEWAY_UPSTREAM_URL.")
                return 1
            if not (said or sync.is_keeping):
                said = True
                say(
                    "Another process keeps this mirror, or did until a moment ago: this is its progress. Half a minute "
                    "after it stops, this one goes on."
                )
        return 0
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])


async def _is_done(
    checkpoints: Checkpoints, retention: Retention, begun: dt.datetime, show: Callable[[Progress], None]
) -> bool:
    """Show how far it has come; whether that is all, with what has changed until the command ``begun``."""
    try:
        polled = await checkpoints.watermark()
        walk = await checkpoints.backfill()
    except StoreError:
        return False  # whoever keeps the mirror tells of it
    if walk is None:
        return False
    show(progress(walk, retention))
    return walk.done and polled is not None and polled.polled_at >= begun


async def _reproject(upkeep: Upkeep) -> int:
    """Read every column of every call anew from its stored document."""
    await upkeep.refill_all()
    total = 0
    while count := await upkeep.refill(_PIECE):
        total += count
        click.echo(f"\r{total:,} calls read anew", nl=False, err=True)
    click.echo(f"\r{total:,} calls read anew; all columns are as the settings declare them.", err=True)
    return 0


def line(told: Progress) -> str:
    """How far it has come, as a person reads it."""
    parts = [f"{told.rows:,} calls", f"{told.rate:,.0f}/s"]
    if told.position is not None and not told.done:
        parts.append(f"back to {told.position:%Y-%m-%d %H:%M} UTC")
    if told.seconds_left is not None and not told.done:
        parts.append(f"{_duration(told.seconds_left)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"  # noqa: PLR2004  # two hours


@contextlib.contextmanager
def _shown() -> Iterator[Callable[[Progress], None]]:
    """A bar where somebody looks, a line every ten seconds where a file or a pipe does."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    with click.progressbar(
        length=_BAR, file=sys.stderr, show_eta=False, show_percent=False, item_show_func=lambda text: text
    ) as bar:
        yield lambda told: bar.update(int((told.fraction or 0) * _BAR) - bar.pos, line(told))


def _lines() -> Callable[[Progress], None]:
    looks, was_done = 0, False

    def show(told: Progress) -> None:
        nonlocal looks, was_done
        if looks % _LOOKS_PER_LINE == 0 or (told.done and not was_done):
            click.echo(line(told), err=True)
        looks, was_done = looks + 1, told.done

    return show
