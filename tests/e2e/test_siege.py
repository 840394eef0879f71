"""A gateway under siege: clients that say nothing keep nobody else from being answered.

`python -m tests.siege.silence` is the same with 5,000 of them, and prints the figures.
"""

from __future__ import annotations

import pytest

from tests.siege.silence import ONE, REQUEST, SIXTEEN, besieged, patience, siege

DESCRIPTORS = 192
CLIENTS = 500


@pytest.mark.parametrize("addresses", [ONE, SIXTEEN], ids=["one address", "sixteen addresses"])
def test_a_new_client_is_answered_within_a_second_whoever_besieges_the_gateway(addresses: tuple[str, ...]) -> None:
    with besieged(DESCRIPTORS, GATEWAY_HEADER_SECONDS="2") as there:
        figures = siege(there, clients=CLIENTS, addresses=addresses, seconds=3)
    assert figures.unanswered == 0
    assert figures.newcomers >= 5
    assert figures.slowest < 1
    assert figures.descriptors < DESCRIPTORS
    assert figures.connected > CLIENTS


def test_headers_that_are_not_complete_in_time_end_the_connection() -> None:
    with besieged(DESCRIPTORS, GATEWAY_HEADER_SECONDS="2") as there:
        assert 2 <= patience(there.port, b"")[0] < 4
        assert 2 <= patience(there.port, REQUEST)[0] < 4
