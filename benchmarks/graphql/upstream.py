"""``python -m benchmarks.graphql.upstream``: a simulated Vapi in a process of its own, and its counters."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import signal

from benchmarks.graphql import loader
from gateway.simulator.app import create
from gateway.simulator.server import Server

KEY = "sim-private-key"


async def requests(port: int) -> int:
    """How many requests the simulated Vapi at this port has had."""
    answer = await loader.ask(port, f"GET /control HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    total: int = json.loads(answer)["requests"]["total"]
    return total


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--anchor", type=dt.datetime.fromisoformat, help="when the newest call was created")
    stated = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    app = create(seed=stated.seed, calls=stated.calls, live=0, anchor=stated.anchor, private_key=KEY)
    with Server(app) as server:
        print(f"Listening on {server.url}/control", flush=True)  # noqa: T201  # whoever started it reads this
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
