"""The siege of silence: thousands of clients that say nothing, in front of a process that may have few files open.

    python -m tests.siege.silence [--clients 5000] [--descriptors 1024] [--seconds 20]

First from one address, then from sixteen. Meanwhile somebody new comes every tenth of a second, from one of the
besiegers' own addresses, and asks for something; the figures say how long that took at worst. Your own limit of open
files (`ulimit -n`) must be beyond the number of clients.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx

from gateway.simulator.app import create
from gateway.simulator.server import Server
from tests.cli.processes import PATIENCE, gateway

KEY: Final = "sim-private-key"
ONE: Final = ("127.0.0.1",)
REQUEST: Final = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 99
SIXTEEN: Final = tuple(f"127.0.1.{number}" for number in range(1, 17))


@dataclasses.dataclass(frozen=True, slots=True)
class Besieged:
    """A gateway, as a process that may have a limited number of files open."""

    port: int
    pid: int

    def descriptors(self) -> int:
        """How many it has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a siege showed, in seconds.

    ``slowest`` and ``usual`` are how long new clients waited for their answers, at worst and in the middle.
    ``dripping`` is after how long one was sent away who sent a byte a second from an address of its own.
    ``descriptors`` is how many the gateway had open at most, ``connected`` how often a besieger connected.
    """

    dripping: float
    newcomers: int
    unanswered: int
    slowest: float
    usual: float
    descriptors: int
    connected: int


@contextlib.contextmanager
def besieged(descriptors: int, **environment: str) -> Iterator[Besieged]:
    """A gateway in front of a small simulated Vapi."""
    with (
        tempfile.TemporaryDirectory(prefix="gateway-siege-") as folder,
        Server(create(calls=20, private_key=KEY)) as vapi,
    ):
        about = {"GATEWAY_UPSTREAM_URL": vapi.url, "VAPI_API_KEY": KEY, "GATEWAY_DATA_DIR": folder, **environment}
        about |= {"GATEWAY_BACKFILL_WORKERS": "0", "GATEWAY_ALLOW_ANONYMOUS": "1"}
        with gateway("serve", "--port", "0", **about) as process:
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))  # Python still loads
            assert process.stdout is not None
            line = process.stdout.readline()
            port = int(line.partition("127.0.0.1:")[2].partition("/")[0])
            newcomer("127.0.0.1", port)
            yield Besieged(port, process.pid)


def siege(gateway: Besieged, *, clients: int, addresses: tuple[str, ...], seconds: float) -> Figures:
    """Besiege it from these addresses; one client of a hundred sends a byte a second."""
    waits: list[float] = []
    most = unanswered = 0
    with attackers(gateway.port, clients, addresses) as attacking, ThreadPoolExecutor() as beside:
        dripping = beside.submit(patience, gateway.port, REQUEST, "127.0.0.99")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            address = addresses[len(waits) % len(addresses)]
            try:
                waits.append(newcomer(address, gateway.port))
            except (OSError, httpx.HTTPError):
                unanswered += 1
            most = max(most, gateway.descriptors())
            time.sleep(0.1)
        connected, _ = attacking.communicate(timeout=PATIENCE)
    return Figures(
        dripping=dripping.result()[0],
        newcomers=len(waits) + unanswered,
        unanswered=unanswered,
        slowest=max(waits, default=0.0),
        usual=sorted(waits)[len(waits) // 2] if waits else 0.0,
        descriptors=most,
        connected=int(connected),
    )


@contextlib.contextmanager
def attackers(port: int, clients: int, addresses: tuple[str, ...]) -> Iterator[subprocess.Popen[str]]:
    """The besiegers, all of whom have been connected."""
    command = [sys.executable, "-m", "tests.siege.attackers", str(port), str(clients), str(clients // 100), *addresses]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  # ours
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def newcomer(address: str, port: int) -> float:
    """How long somebody waits who connects from this address and asks the gateway something, in seconds."""
    started = time.monotonic()
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(transport=transport, timeout=5) as client:
        answer = client.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{ __typename }"})
    assert answer.json()["data"] == {"__typename": "Query"}
    return time.monotonic() - started


def patience(port: int, sent: bytes, address: str = "127.0.0.1") -> tuple[float, bytes]:
    """After how many seconds somebody is sent away who sends a byte a second of this; and what it was told."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), source_address=(address, 0)) as connection:
        connection.settimeout(1.0)
        for at in range(PATIENCE):
            try:
                connection.sendall(sent[at : at + 1])
                told = connection.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                told = b""
            return time.monotonic() - started, told
    raise AssertionError("it was waited for without an end")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Besiege a gateway with clients that say nothing.")
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--descriptors", type=int, default=1024)
    parser.add_argument("--seconds", type=float, default=20.0)
    stated = parser.parse_args()
    with besieged(stated.descriptors) as there:
        told(f"at peace: {there.descriptors()} descriptors; a new client waits {newcomer(ONE[0], there.port):.3f} s")
        for kind, sent in (("silent", b""), ("sending a byte a second", REQUEST)):
            told(f"at peace: a client {kind} is sent away after {patience(there.port, sent)[0]:.1f} s")
        for addresses in (ONE, SIXTEEN):
            figures = siege(there, clients=stated.clients, addresses=addresses, seconds=stated.seconds)
            told(f"{stated.clients} clients of {len(addresses)} address(es): {figures}")


def told(line: str) -> None:
    """Print a line."""
    print(line, flush=True)  # noqa: T201  # a program's answer


if __name__ == "__main__":
    main()
