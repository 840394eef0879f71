"""Corked: what an answer is written to sends its head together with the first of its body, and keeps neither back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from gateway.web.corked import Corked

pytestmark = pytest.mark.anyio


class Wire(asyncio.Transport):
    """A transport that writes down what leaves together."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.sent.append(b"".join(list_of_data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def _corked() -> tuple[Wire, Corked]:
    wire = Wire()
    return wire, Corked(wire, asyncio.get_running_loop())


async def test_head_and_body_leave_together() -> None:
    """What comes behind them is written as it comes."""
    wire, corked = _corked()
    for piece in (b"head ", b"body", b"more"):
        corked.write(piece)
    assert wire.sent == [b"head body", b"more"]


async def test_a_head_does_not_wait_for_its_body() -> None:
    """A recording that is on its way says so at once."""
    wire, corked = _corked()
    corked.write(b"head")
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [b"head"]
    corked.write(b"body")
    assert wire.sent == [b"head", b"body"]


async def test_nothing_is_lost_where_the_connection_is_closed_behind_it() -> None:
    """An answer may be a head alone."""
    wire, corked = _corked()
    corked.write(b"head")
    corked.close()
    assert (wire.sent, wire.closed, corked.is_closing()) == ([b"head"], True, True)
    await asyncio.sleep(0)
    assert wire.sent == [b"head"]
