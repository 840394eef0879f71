"""``python -m benchmarks.graphql.ceiling``: a server that does nothing, to see what the load can do."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

import uvloop


class Trivial(asyncio.Protocol):
    """Answers whatever comes, in one piece, with the same."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        """Answer."""
        self._transport.write(self._answer)


async def serve(size: int) -> None:
    """Serve answers with bodies of so many bytes."""
    answer = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n".encode() + b" " * size
    )
    server = await asyncio.get_running_loop().create_server(lambda: Trivial(answer), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"Listening on http://{host}:{port}/", flush=True)  # noqa: T201  # whoever started it reads this
    await server.serve_forever()


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1000, help="bytes of each body")
    uvloop.run(serve(parser.parse_args().size))


if __name__ == "__main__":
    main()
