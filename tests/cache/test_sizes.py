"""Sizes: the bytes that memory counts are those that its calls take."""

from __future__ import annotations

import gc
import json
import tracemalloc

import pytest

from gateway.simulator.app import create
from gateway.simulator.listing import Filters
from tests.cache.test_read_through import Bench, bench
from tests.e2e.clocks import ANCHOR, Clock

pytestmark = pytest.mark.anyio


async def learned(b: Bench, text: str) -> None:
    """Let memory learn a call from upstream, which forgets it again; nothing else keeps it."""
    b.source.replace(json.loads(text))
    call_id = b.source.calls[0]["id"]
    await b.reader.get(call_id)
    b.source.calls.clear()
    b.mirror.documents.clear()


async def test_the_bytes_that_are_counted() -> None:
    """Calls as large as real ones take no more memory than is counted for them, and no less than half of it."""
    rows = create(seed=7, calls=80, live=0, clock=Clock(), anchor=ANCHOR).state.simulator.list(Filters(limit=1000))
    texts = [json.dumps(row) for row in rows]
    async with bench(limit=10**9) as b:
        await learned(b, texts[0])  # what is made once for all calls is not theirs
        before = b.memory.size
        gc.collect()
        tracemalloc.start()
        try:
            for text in texts[1:]:
                await learned(b, text)
            gc.collect()
            taken, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert taken <= b.memory.size - before <= 2 * taken
