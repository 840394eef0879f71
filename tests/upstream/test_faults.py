"""Faults: what answers and exceptions mean in our tree of errors."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import (
    UpstreamError,
    UpstreamForbidden,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)
from gateway.upstream import faults

NOW = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)
ROUTE = "GET /call"


def family(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


OF_HTTPX = [
    kind
    for root in (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
    for kind in family(root)
    if kind.__module__ == "httpx"
]


def is_leaf(error: UpstreamError) -> bool:
    return type(error) is not UpstreamError and not type(error).__subclasses__()


def made(kind: type[Exception], text: str) -> Exception:
    error = kind.__new__(kind)
    error.args = (text,)
    return error


def answered(status: int, **headers: str) -> faults.Fault:
    return faults.fault(status, httpx.Headers(headers), route=ROUTE, now=NOW)


def test_httpx_raises_nothing_that_this_suite_does_not_know() -> None:
    exported = {getattr(httpx, name) for name in httpx.__all__}
    assert {kind for kind in exported if isinstance(kind, type) and issubclass(kind, Exception)} == set(OF_HTTPX)


@pytest.mark.parametrize("kind", [*OF_HTTPX, OSError, TimeoutError, ssl.SSLError], ids=lambda kind: kind.__name__)
def test_every_exception_becomes_a_leaf_and_shows_its_name_alone(kind: type[Exception]) -> None:
    fault = faults.failure(made(kind, "Bearer canary"), route=ROUTE)
    assert is_leaf(fault.error)
    assert kind.__name__ in str(fault.error)
    assert "canary" not in repr(fault)


def test_every_status_becomes_a_leaf() -> None:
    assert [status for status in range(100, 1000) if not is_leaf(answered(status).error)] == []


@pytest.mark.parametrize(
    ("status", "leaf"),
    [
        (302, UpstreamMalformed),
        (400, UpstreamRejected),
        (401, UpstreamUnauthorized),
        (402, UpstreamForbidden),
        (403, UpstreamForbidden),
        (404, UpstreamRejected),
        (422, UpstreamRejected),
        (429, UpstreamRateLimited),
        (500, UpstreamUnavailable),
        (503, UpstreamUnavailable),
        (524, UpstreamUnavailable),
    ],
)
def test_a_status_has_the_meaning_that_the_tree_of_errors_gives_it(status: int, leaf: type[UpstreamError]) -> None:
    assert type(answered(status).error) is leaf


def test_only_429_and_5xx_may_pass() -> None:
    assert [status for status in range(100, 600) if answered(status).passing] == [429, *range(500, 600)]


@pytest.mark.parametrize(
    "kind",
    [httpx.ConnectError, httpx.ReadTimeout, httpx.PoolTimeout, httpx.RemoteProtocolError, httpx.ProxyError],
)
def test_what_the_network_did_may_pass(kind: type[Exception]) -> None:
    assert faults.failure(made(kind, ""), route=ROUTE).passing


@pytest.mark.parametrize("kind", [httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError])
def test_what_the_settings_did_does_not_pass(kind: type[Exception]) -> None:
    assert not faults.failure(made(kind, ""), route=ROUTE).passing


def test_401_says_which_settings_to_look_at() -> None:
    message = str(answered(401).error)
    assert "GATEWAY_UPSTREAM_KEY (or VAPI_API_KEY), and GATEWAY_UPSTREAM_URL for the region" in message


def test_403_names_what_may_forbid() -> None:
    message = str(answered(403).error)
    assert all(word in message for word in ("plan", "credit", "firewall"))


def test_a_fault_knows_how_long_vapi_wants_us_to_wait() -> None:
    limited, unavailable = answered(429, **{"Retry-After": "7"}), answered(503, **{"Retry-After": "8"})
    assert isinstance(limited.error, UpstreamRateLimited)
    assert (limited.error.retry_after, limited.retry_after, unavailable.retry_after) == (7.0, 7.0, 8.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 22 Nov 99999 11:00:00 GMT", None),
        ("999999", 3600.0),
        ("Sun, 22 Nov 2099 12:00:00 GMT", 3600.0),
        ("-5", None),
        ("inf", None),
        ("٣", None),
        ("9" * 400, None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert faults.retry_after(value, now=NOW) == seconds


@given(st.text())
def test_no_retry_after_can_break_anything(value: str) -> None:
    assert (faults.retry_after(value, now=NOW) or 0.0) >= 0.0
