"""The data that all servers answer from: calls of a simulated Vapi, in a gateway's mirror and as files."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from benchmarks.graphql import loader, upstream
from benchmarks.graphql.queries import ALL, Answer, body, data, request
from benchmarks.graphql.servers import environment, python
from gateway import app
from gateway.domain.coverage import BEGINNING, Interval
from gateway.services.checkpoints import Checkpoints, Watermark
from gateway.settings import Settings, load
from gateway.wiring.mirror import Mirror

IDENTITY_KEY: Final = "nobody in here is anybody"
DAY: Final = dt.timedelta(days=1)


def now() -> dt.datetime:
    """The clock on the wall."""
    return dt.datetime.now(dt.UTC)


def environment_of(folder: Path, vapi: int, **more: str) -> dict[str, str]:
    """The settings of a gateway that an operator runs on this machine, with its data in a folder and Vapi at a port.

    Nothing is paced, nobody is asked who they are, and nothing keeps the mirror in the background.
    """
    stated = {
        "allow_anonymous": "1",
        "backfill_workers": "0",
        "data_dir": str(folder),
        "identity_key": IDENTITY_KEY,
        "log_level": "warning",
        "poll_seconds": "86400",
        "port": "0",
        "rate_per_minute": "0",
        "rate_per_address_per_minute": "0",
        "sync": "0",
        "upstream_key": upstream.KEY,
        "upstream_rate": "0",
        "upstream_url": f"http://127.0.0.1:{vapi}",
    }
    return {f"GATEWAY_{name.upper()}": value for name, value in (stated | more).items()}


def settings_of(folder: Path, file: Path | None = None) -> Settings:
    """The same for code of the gateway in this process; ``file`` is a settings file."""
    return load(file, data_dir=folder, identity_key=SecretStr(IDENTITY_KEY))


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Mirror]:
    """The mirror of a gateway with these settings, from this process."""
    kept = app.maintenance(settings)
    async with kept.opened():
        yield kept.mirror


async def fill(folder: Path, vapi: int) -> None:
    """Fill the mirror of a gateway with all that its Vapi has, as its operator does."""
    backfill = await asyncio.create_subprocess_exec(
        *python("gateway", "backfill"),
        env=environment(environment_of(folder, vapi)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await backfill.communicate()
    finally:
        if backfill.returncode is None:
            backfill.kill()
            await backfill.wait()
    if backfill.returncode:
        raise RuntimeError(f"gateway backfill: {said.decode(errors='replace')[-2000:]}")
    async with opened(settings_of(folder)) as mirror:
        await confirm(mirror)


async def confirm(mirror: Mirror) -> None:
    """Note that the mirror holds everything up to now, as it does where it is kept."""
    moment = now()
    await mirror.state.cover(Interval(BEGINNING, moment))
    await Checkpoints(mirror.state).keep_watermark(Watermark(at=moment, polled_at=moment))


async def answered(port: int) -> list[Answer]:
    """All calls of the gateway at a port, newest first, as it answers them."""
    found: list[Answer] = []
    after = None
    while True:
        page = data(await loader.ask(port, request(body(ALL, {"after": after}), port)))["calls"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def documents(folder: Path, ids: Sequence[str]) -> list[Any]:
    """Vapi's documents of these calls, as the mirror in a folder holds them."""
    async with opened(settings_of(folder)) as mirror:
        held = await mirror.calls.read(ids)
        return [held[each].document for each in ids]


def write(file: Path, content: object) -> Path:
    """Write JSON for another process."""
    file.write_text(json.dumps(content))
    return file
