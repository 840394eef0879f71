"""Profile: where the time of a request goes, by the rooms of the house.

In one process, without sockets: what the server and the system take comes on top. A profiler makes every call of a
function dearer, so the shares tell more than the sums. ``python -m benchmarks.profile``
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import itertools
import pstats
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

import gateway
from benchmarks.graphql import data, large, queries
from gateway import app
from gateway.settings import load

_HOUSE: Final = Path(gateway.__file__).parent
_REQUESTS: Final = {"call": 4_000, "page": 500, "customer": 500, "returning": 2_000}
"""What can be asked for, and how often it is."""
_AGAIN: Final = 1_000
_SHOWN: Final = 12
_WAITING: Final = ("<method 'poll' of 'select.epoll' objects>", "<method 'acquire' of '_thread.lock' objects>")


async def main(asked: argparse.Namespace) -> None:
    """Profile requests to a gateway over the large mirror."""
    kept = await large.made(asked.calls)
    await kept.confirm()
    built = app.build(
        load(
            kept.settings,
            data_dir=kept.folder,
            identity_key=SecretStr(data.IDENTITY_KEY),
            upstream_key=SecretStr("nobody-is-asked"),
            allow_anonymous=True,
            sync=False,
        )
    )
    async with built.router.lifespan_context(built):
        bodies = await _bodies(built, asked.of, list(itertools.islice(kept.customers(), 3 * _AGAIN)))
        for _ in range(_AGAIN if asked.of == "returning" else 3):
            await answered(built, next(bodies))
        profile, started = cProfile.Profile(), time.perf_counter()
        for _ in range(_REQUESTS[asked.of]):
            await answered(built, next(bodies))
        alone = (time.perf_counter() - started) / _REQUESTS[asked.of]
        with profile:
            for _ in range(_REQUESTS[asked.of]):
                await answered(built, next(bodies))
    _report(profile, _REQUESTS[asked.of], alone)


async def _bodies(built: Any, of: str, keys: list[str]) -> Iterator[bytes]:
    """The bodies of requests, without end."""
    if of == "page":
        return itertools.repeat(queries.body(queries.PAGE, {"first": queries.PAGE_SIZE}))
    if of == "call":
        newest = queries.data(await answered(built, queries.body(queries.PAGE, {"first": 1})))
        return itertools.repeat(queries.body(queries.CALL, {"id": newest["calls"]["nodes"][0]["id"]}))
    asked = itertools.cycle(keys[:_AGAIN]) if of == "returning" else iter(keys)
    return (queries.body(queries.OF_CUSTOMER, {"key": key}) for key in asked)


async def answered(built: Any, body: bytes) -> bytes:
    """What the gateway answers, asked without a server."""
    said: list[Mapping[str, Any]] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Mapping[str, Any]:
        return waiting.pop() if waiting else await asyncio.get_running_loop().create_future()

    async def send(message: Mapping[str, Any]) -> None:
        said.append(message)

    await built(_scope(len(body)), receive, send)
    content: bytes = said[1]["body"]
    return content


def _scope(length: int) -> dict[str, Any]:
    stated = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(length)}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in stated.items()],
        "state": {},
    }


def _report(profile: cProfile.Profile, requests: int, alone: float) -> None:
    rooms: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (file, line, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        room = _room(file, name)
        rooms[room] += own
        functions[f"{room}  {name}" + (f":{line}" if line else "")] += own
    whole = sum(rooms.values())
    _say(f"{alone * 1e6:,.0f} us for each of {requests:,} requests, {whole / requests * 1e6:,.0f} us profiled\n")
    for title, found in (("room", rooms), ("function", functions)):
        _say(f"{title:60}   share      us")
        for name, own in found.most_common(_SHOWN):
            _say(f"{name[:60]:60} {own / whole:7.1%} {own / requests * 1e6:7.1f}")
        _say("")


def _room(file: str, name: str) -> str:
    """Where a function lives: a package of the gateway, or one beside it."""
    if name in _WAITING:
        return "waiting for the database"
    path = Path(file)
    if path.is_relative_to(_HOUSE):
        return ".".join(["gateway", *path.relative_to(_HOUSE).with_suffix("").parts[:2]])
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1]
    return "built in" if file == "~" else "the standard library"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("of", choices=_REQUESTS, nargs="?", default="customer")
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls in the mirror")
    asyncio.run(main(parser.parse_args()))
