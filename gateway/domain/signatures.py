"""Signatures: whether a webhook comes from whom it says it does, decided over its headers and its untouched body.

The schemes are the credentials that Vapi can be given for a server (``BearerAuthenticationPlan`` and
``HMACAuthenticationPlan`` of its OpenAPI description, and the older ``server.secret``), with all that can be chosen
there. Each takes several secrets at once, so that one can be replaced by the next while both are in use. Comparing
takes the same time wherever two secrets differ.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import enum
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

from gateway.domain import values

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
"""The headers of a request as ASGI has them: names in lower case."""

_VAPI_HEADER: Final = "X-Vapi-Secret"
_BEARER: Final = b"bearer "
_PLACES: Final = re.compile(rb"\{(body|timestamp|method|url|svix-id)\}")
_FIRST_MILLISECONDS: Final = 10**11
"""Timestamps below this count seconds (to the year 5138), others milliseconds (from 1973): which, Vapi does not say."""


class Doubt(enum.Enum):
    """Why a request is not believed."""

    UNSIGNED = "unsigned"
    """It has none of the headers that a scheme asks for."""
    WRONG = "wrong"
    """It has one, which no secret explains."""
    STALE = "stale"
    """Its signature is right, and too old or from the future: somebody sends it again, or a clock is wrong."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A secret that is sent as it is, behind the word “Bearer” unless ``bearer`` is off."""

    secrets: tuple[str, ...] = dataclasses.field(repr=False)
    header: str = "Authorization"
    bearer: bool = True

    def __post_init__(self) -> None:
        _check_secrets(self.secrets)

    def doubt(self, headers: Headers, body: bytes, now: dt.datetime) -> Doubt | None:
        """Why this request is not believed; None if it is."""
        sent = _header(headers, self.header)
        if sent is None:
            return Doubt.UNSIGNED
        if self.bearer:
            if sent[: len(_BEARER)].lower() != _BEARER:
                return Doubt.WRONG
            sent = sent[len(_BEARER) :].strip()
        return None if _is_among(_hashed(sent), (_hashed(secret.encode()) for secret in self.secrets)) else Doubt.WRONG


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hmac:
    """A signature over the body and what ``payload_format`` puts beside it, by the names of Vapi's credential.

    ``{body}``, ``{timestamp}``, ``{method}``, ``{url}`` and ``{svix-id}`` are filled in; ``url`` is the address that
    Vapi was told, ``{svix-id}`` what stands in ``message_id_header``. Without ``include_timestamp`` the format loses
    its ``{timestamp}.``, and nothing tells a request from the same one sent again. ``tolerance`` is how far the
    timestamp may be from our clock.

    Raises:
        ValueError: a secret is empty, or is not base64 though it should be.
    """

    secrets: tuple[str, ...] = dataclasses.field(repr=False)
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    signature_header: str = "x-signature"
    timestamp_header: str = "x-timestamp"
    signature_prefix: str = ""
    include_timestamp: bool = True
    payload_format: str = "{timestamp}.{body}"
    message_id_header: str | None = None
    signature_encoding: Literal["hex", "base64"] = "hex"
    secret_is_base64: bool = False
    url: str = ""
    tolerance: dt.timedelta = dt.timedelta(minutes=5)

    def __post_init__(self) -> None:
        _check_secrets(self.secrets)
        for secret in self.secrets:
            self._key(secret)

    def doubt(self, headers: Headers, body: bytes, now: dt.datetime) -> Doubt | None:
        """Why this request is not believed; None if it is."""
        sent = _header(headers, self.signature_header)
        stamp = _header(headers, self.timestamp_header) or b""
        if sent is None or (self.include_timestamp and not stamp):
            return Doubt.UNSIGNED
        message_id = _header(headers, self.message_id_header or "") or b""
        payload = self._payload(body, stamp, message_id)
        right = (hmac.digest(self._key(secret), payload, self.algorithm) for secret in self.secrets)
        if not _is_among(self._signature(sent), right):
            return Doubt.WRONG
        return Doubt.STALE if self.include_timestamp and not self._is_recent(stamp, now) else None

    def _key(self, secret: str) -> bytes:
        if not self.secret_is_base64:
            return secret.encode()
        try:
            return base64.b64decode(secret, validate=True)
        except binascii.Error:
            reason = "the secret of a signature is not base64, as “secret is base64” says"
        raise ValueError(reason)  # outside the handler: its error has the secret at hand

    def _signature(self, sent: bytes) -> bytes:
        """The signature as bytes; empty, which matches none, where it is not written as it should be."""
        prefix = self.signature_prefix.encode()
        if not sent.startswith(prefix):
            return b""
        written = sent[len(prefix) :]
        try:
            if self.signature_encoding == "hex":
                return binascii.unhexlify(written)
            return base64.b64decode(written, validate=True)
        except binascii.Error:
            return b""

    def _payload(self, body: bytes, stamp: bytes, message_id: bytes) -> bytes:
        """What is signed, filled in at once: nothing inside a value is a place to fill."""
        form = self.payload_format if self.include_timestamp else self.payload_format.replace("{timestamp}.", "")
        known = {b"body": body, b"timestamp": stamp, b"method": b"POST", b"url": self.url.encode()}
        known[b"svix-id"] = message_id
        return _PLACES.sub(lambda place: known[place[1]], form.encode())

    def _is_recent(self, stamp: bytes, now: dt.datetime) -> bool:
        sent_at = _moment(stamp.decode("latin-1"))
        return sent_at is not None and abs(now - sent_at) <= self.tolerance


Scheme: TypeAlias = Token | Hmac


def vapi_secret(*secrets: str) -> Token:
    """``server.secret``, which Vapi sends as it is."""
    return Token(secrets=secrets, header=_VAPI_HEADER, bearer=False)


def verified(schemes: Iterable[Scheme], headers: Headers, body: bytes, now: dt.datetime) -> Scheme | Doubt:
    """The scheme by which a request proves where it comes from; else why none believes it."""
    found = Doubt.UNSIGNED
    for scheme in schemes:
        doubt = scheme.doubt(headers, body, now)
        if doubt is None:
            return scheme
        found = found if doubt is Doubt.UNSIGNED else doubt
    return found


def _check_secrets(secrets: tuple[str, ...]) -> None:
    if not secrets or not all(secrets):
        raise ValueError("a secret of webhooks is empty: whoever sends nothing would be believed")


def _header(headers: Headers, name: str) -> bytes | None:
    wanted = name.lower().encode()
    return next((value.strip() for key, value in headers if key == wanted), None)


def _hashed(secret: bytes) -> bytes:
    """A secret at a fixed length: comparing must not tell how long the right one is."""
    return hashlib.sha256(secret).digest()


def _is_among(sent: bytes, right: Iterable[bytes]) -> bool:
    """Whether it is one of these; all are compared, whichever it is."""
    return sum(hmac.compare_digest(sent, each) for each in right) > 0


def _moment(stamp: str) -> dt.datetime | None:
    """The moment of a timestamp: seconds or milliseconds since 1970, or ISO 8601."""
    if not stamp.replace(".", "", 1).isdecimal():
        return values.instant(stamp)
    count = float(stamp)
    return values.instant(count if count >= _FIRST_MILLISECONDS else count * 1000)
