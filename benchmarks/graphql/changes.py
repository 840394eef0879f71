"""Changes: calls of a mirror that become other ones while they are asked for, as Vapi's would."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Final

from benchmarks.graphql import data
from gateway.domain.redaction import redact
from gateway.wiring.mirror import Mirror

PER_SECOND: Final = 2
"""Calls that change: two of a hundred. The servers in memory do the same of themselves."""
MARK: Final = "changed"
"""How the name of a call begins that has changed."""


@contextlib.asynccontextmanager
async def changing(mirror: Mirror, ids: Sequence[str]) -> AsyncIterator[None]:
    """While this lasts, one call after the other gets a new name, from a process that is not the gateway's."""
    task = asyncio.create_task(_change(mirror, ids))
    try:
        yield
        if task.done():
            await task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _change(mirror: Mirror, ids: Sequence[str]) -> None:
    for number, call_id in enumerate(itertools.cycle(ids)):
        moment = data.now()
        document = (await mirror.calls.read([call_id]))[call_id].document
        updated = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        renamed = {**(document or {}), "name": f"{MARK} {number}", "updatedAt": updated}
        await mirror.intake.take([mirror.prepare(redact(renamed).document, moment)])
        await asyncio.sleep(1 / PER_SECOND)
