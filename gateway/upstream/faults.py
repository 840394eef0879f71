"""Faults: what Vapi's answers and httpx's exceptions mean in our tree of errors.

Two tables and nothing else decide: `STATUSES` for answers, `EXCEPTIONS` for what ended without one. A message says what
happened, where, and what to look at. It never repeats a body (calls are about people) nor the text of an exception (h11
quotes the header that it finds illegal, and ours holds the key).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import email.utils
import re
from collections.abc import Mapping
from typing import Final

import httpx

from gateway.errors import (
    UpstreamError,
    UpstreamForbidden,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """What a kind of failure is for us: its leaf, whether it may pass by itself, and the way out."""

    leaf: type[UpstreamError]
    passing: bool
    advice: str


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One failed attempt: the error, whether it may pass, and the seconds that Vapi asked us to wait, if it did."""

    error: UpstreamError
    passing: bool
    retry_after: float | None = None


_KEY: Final = "GATEWAY_UPSTREAM_KEY (or VAPI_API_KEY), and GATEWAY_UPSTREAM_URL for the region"
_URL: Final = "look at GATEWAY_UPSTREAM_URL"
_LATER: Final = "ask again later"

STATUSES: Final[Mapping[int, Rule]] = {
    401: Rule(
        UpstreamUnauthorized,
        passing=False,
        advice=f"Vapi does not accept the key; it must be a private key of this region: look at {_KEY}",
    ),
    402: Rule(
        UpstreamForbidden,
        passing=False,
        advice="the account's plan or credit does not cover this; look at its billing page",
    ),
    403: Rule(
        UpstreamForbidden,
        passing=False,
        advice="the account's plan or credit, or the firewall in front of Vapi, forbids this",
    ),
    404: Rule(UpstreamRejected, passing=False, advice=f"there is nothing at this address; {_URL}"),
    429: Rule(
        UpstreamRateLimited,
        passing=True,
        advice="too many requests for this account; lower the gateway's rate of requests, or ask again later",
    ),
}
"""Statuses with a meaning of their own; 403 also comes from Cloudflare, e.g. for a request without a User-Agent."""

CLASSES: Final[Mapping[int, Rule]] = {
    4: Rule(UpstreamRejected, passing=False, advice="Vapi refuses the request as it is; asking again will not help"),
    5: Rule(UpstreamUnavailable, passing=True, advice=f"Vapi could not do it just now; {_LATER}"),
}
"""Every other status, by its first digit."""

CROWDED: Final = Rule(
    UpstreamRateLimited,
    passing=False,
    advice="more requests to Vapi are waiting than its pace allows; raise GATEWAY_UPSTREAM_RATE, or ask again later",
)
"""Nothing went wrong at Vapi: the gateway holds the request back itself."""

UNPROMISED: Final = Rule(UpstreamMalformed, passing=False, advice=f"its API promises no such status; {_URL}")
"""Redirects and whatever else is neither a success nor a refusal."""

EXCEPTIONS: Final[Mapping[type[Exception], Rule]] = {
    httpx.PoolTimeout: Rule(
        UpstreamUnavailable,
        passing=True,
        advice="all connections to Vapi are in use; allow more of them, or ask again later",
    ),
    httpx.TimeoutException: Rule(UpstreamUnavailable, passing=True, advice=f"no answer in time; {_LATER}"),
    httpx.ConnectError: Rule(
        UpstreamUnavailable,
        passing=True,
        advice=f"no connection; {_URL}, and at DNS, certificates and the network",
    ),
    httpx.ProxyError: Rule(
        UpstreamUnavailable,
        passing=True,
        advice="the proxy refused; look at HTTPS_PROXY and NO_PROXY",
    ),
    httpx.NetworkError: Rule(UpstreamUnavailable, passing=True, advice=f"the connection broke; {_LATER}"),
    httpx.RemoteProtocolError: Rule(UpstreamUnavailable, passing=True, advice=f"only half an answer came; {_LATER}"),
    httpx.LocalProtocolError: Rule(
        UpstreamRejected,
        passing=False,
        advice=f"the request cannot be sent as HTTP; look at {_KEY}",
    ),
    httpx.UnsupportedProtocol: Rule(
        UpstreamRejected, passing=False, advice=f"the address is not http or https; {_URL}"
    ),
    httpx.InvalidURL: Rule(UpstreamRejected, passing=False, advice=f"the address cannot be read; {_URL}"),
    httpx.DecodingError: Rule(UpstreamMalformed, passing=False, advice="the body is not encoded as its headers say"),
    httpx.TooManyRedirects: Rule(UpstreamMalformed, passing=False, advice=f"it redirects in circles; {_URL}"),
    httpx.CookieConflict: Rule(UpstreamMalformed, passing=False, advice="its cookies contradict each other"),
    httpx.StreamError: Rule(UpstreamUnavailable, passing=False, advice="the answer could not be read to its end"),
    httpx.HTTPError: Rule(UpstreamUnavailable, passing=True, advice=f"the request failed; {_LATER}"),
    OSError: Rule(UpstreamUnavailable, passing=True, advice=f"the network failed; {_LATER}"),
}
"""What httpx raises, the most specific first, and what may slip through below it (`ssl.SSLError` is an OSError)."""

LONGEST_PAUSE: Final = 3600.0
"""Seconds. A longer pause ends after this one: a mistaken header must not silence a gateway for good."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def fault(status: int, headers: Mapping[str, str], *, route: str, now: dt.datetime) -> Fault:
    """What an answer that is no success means; ``now`` is the wall clock, for a Retry-After that is a date."""
    rule = STATUSES.get(status) or CLASSES.get(status // 100, UNPROMISED)
    wait = retry_after(headers.get("retry-after"), now=now) if rule.passing else None
    return _fault(rule, f"Vapi answered {route} with {status}: {rule.advice}.", wait)


def failure(error: Exception, *, route: str) -> Fault:
    """What an exception of `EXCEPTIONS` means: only its class is told, never its text."""
    rule = next(rule for kind, rule in EXCEPTIONS.items() if isinstance(error, kind))
    return _fault(rule, f"{route} at Vapi ended with {type(error).__name__}: {rule.advice}.", None)


def paused(seconds: float, *, route: str) -> Fault:
    """The fault of a request that is not sent at all, since Vapi asked for a longer pause than the request may wait."""
    message = f"{route} was not sent: Vapi answered 429 before and wants no request for {seconds:.0f} s; {_LATER}."
    return _fault(STATUSES[429], message, seconds)


def crowded(*, route: str) -> Fault:
    """The fault of a request that is not sent at all, since too many others are waiting for their turn."""
    return _fault(CROWDED, f"{route} was not sent: {CROWDED.advice}.", None)


def retry_after(value: str | None, *, now: dt.datetime) -> float | None:
    """The seconds to wait that a Retry-After header asks for, from 0 to an hour; None where there is none to read.

    The header holds seconds or an HTTP date (RFC 9110, section 10.2.3).
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_PAUSE)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return min(max(0.0, (aware - now).total_seconds()), LONGEST_PAUSE)


def _fault(rule: Rule, message: str, wait: float | None) -> Fault:
    error = UpstreamRateLimited(message, wait) if rule.leaf is UpstreamRateLimited else rule.leaf(message)
    return Fault(error, rule.passing, wait)
