"""Key sets: the public keys of an issuer, by which its tokens are told from all others (RFC 7517).

They come from a file, or from where the issuer publishes them. A published set is asked for at its first need, once in
a while after that, and when a token names a key that is not in it, since issuers change their keys whenever they like.
Such a token may be anybody's, so there is a pause between two requests, however many of them come. While the issuer
cannot be asked, the set that is there goes on to count: an outage elsewhere locks nobody out.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol

import httpx
import orjson
from jwt import PyJWK, PyJWTError
from jwt.algorithms import AllowedPublicKeys

from gateway.cache.single_flight import SingleFlight
from gateway.errors import KeysUnavailable
from gateway.observe.events import KeysNotFetched, Listener, silence

ALGORITHMS: Final[Mapping[tuple[str, str | None], frozenset[str]]] = {
    ("RSA", None): frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA"}),
}
"""What a key of each type and curve (``kty``, ``crv``) can verify. Secrets (``oct``) are none that a set may hold."""

LARGEST: Final = 2**20
"""Bytes of the largest key set that is read."""
PAUSE: Final = 10.0
"""Seconds from the end of one request for a key set to the next."""
PATIENCE: Final = 10.0
"""Seconds that a request for a key set may take, from its first byte to the last of the answer."""

_PUBLIC: Final = ("kty", "crv", "n", "e", "x", "y")
"""The members of a public key; a private one is used as if it were its public half."""
_FLIGHT: Final = "keys"


class KeySetUnusable(ValueError):
    """Something that is no key set, or none by which a token could be told; the message says why."""


class _NotFetched(Exception):
    """A key set could not be had; the message is a word."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A public key, its id (None where it has none), and the algorithms whose signatures it verifies."""

    kid: str | None
    algorithms: frozenset[str]
    public: AllowedPublicKeys = dataclasses.field(repr=False)


class KeySet(Protocol):
    """The keys of an issuer, wherever they come from."""

    async def named(self, kid: str | None) -> Sequence[SigningKey]:
        """The keys with this id, all of them for None; none where there is no such key.

        Raises `KeysUnavailable` where no key can be had at present.
        """
        ...


def key_set(body: bytes) -> tuple[SigningKey, ...]:
    """The keys of a set that can verify signatures; others are passed over, as an issuer may have any.

    Raises `KeySetUnusable` where there is none.
    """
    if len(body) > LARGEST:
        raise KeySetUnusable(f"it is larger than {LARGEST:,} bytes")
    try:
        stated = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise KeySetUnusable("it is no JSON") from None
    listed = stated.get("keys") if isinstance(stated, dict) else None
    if not isinstance(listed, list):
        raise KeySetUnusable("it is no key set, which is a JSON object with a list of “keys”")
    usable = tuple(key for each in listed if (key := _signing_key(each)) is not None)
    if not usable:
        raise KeySetUnusable("none of its keys is a public one (RSA of 2,048 bits or more, EC, Ed25519) for signatures")
    return usable


class KeptKeys:
    """Keys that are as they are for as long as the process runs: those of a file."""

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self._keys = tuple(keys)

    async def named(self, kid: str | None) -> Sequence[SigningKey]:
        """The keys with this id, all of them for None."""
        return _named(self._keys, kid)


class FetchedKeys:
    """Keys that an issuer publishes at an address.

    ``fresh`` is how long a set is used without asking again, in seconds of ``timer``; ``patience`` the seconds that a
    request may take. The client must follow no redirects: they could lead anywhere.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        *,
        fresh: float,
        timer: Callable[[], float],
        patience: float = PATIENCE,
        listen: Listener = silence,
    ) -> None:
        self._http = http
        self._url = url
        self._fresh = fresh
        self._timer = timer
        self._patience = patience
        self._listen = listen
        self._keys: tuple[SigningKey, ...] = ()
        self._asked_at = self._read_at = -math.inf
        self._is_failing = False  # then nobody is made to wait for the next request while there are keys
        self._flights: SingleFlight[None] = SingleFlight()

    async def named(self, kid: str | None) -> Sequence[SigningKey]:
        """The keys with this id, all of them for None.

        Raises:
            KeysUnavailable: no set has been read yet, and the issuer cannot be asked.
        """
        if not self._keys or self._timer() - self._read_at >= self._fresh:
            await self._ask(wait=not self._keys or not self._is_failing)
        if not self._keys:
            raise KeysUnavailable("The keys that tokens are told by cannot be read at present (GATEWAY_JWT_JWKS_URL).")
        if kid is not None and not _named(self._keys, kid):
            await self._ask(wait=True)
        return _named(self._keys, kid)

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.close()

    async def _ask(self, *, wait: bool) -> None:
        """Read the set again, with all others who want it now, unless that has just been done."""
        if not self._flights.is_under_way(_FLIGHT) and self._timer() - self._asked_at < PAUSE:
            return
        reading = self._flights.start(_FLIGHT, self._read)
        if wait:
            await asyncio.shield(reading)

    async def _read(self) -> None:
        failure: str | None = "unforeseen"
        try:
            self._keys = key_set(await self._body())
            failure = None
        except KeySetUnusable:
            failure = "unusable"
        except _NotFetched as error:
            failure = str(error)
        finally:
            self._asked_at, self._is_failing = self._timer(), failure is not None
        if failure is None:
            self._read_at = self._asked_at
        else:
            self._listen(KeysNotFetched(failure))

    async def _body(self) -> bytes:
        try:
            async with asyncio.timeout(self._patience):
                return await self._pieces()
        except TimeoutError:
            raise _NotFetched("too_late") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _NotFetched(type(error).__name__) from None

    async def _pieces(self) -> bytes:
        """The body, as long as it is no longer than a set may be; a piece of a compressed one could be of any size."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        body = bytearray()
        async with self._http.stream("GET", self._url, headers=headers) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise _NotFetched(f"status_{answer.status_code}")
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise _NotFetched("compressed")
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LARGEST:
                    raise _NotFetched("too_large")
        return bytes(body)


def _named(keys: Sequence[SigningKey], kid: str | None) -> Sequence[SigningKey]:
    return keys if kid is None else [key for key in keys if key.kid == kid]


def _signing_key(stated: Any) -> SigningKey | None:
    """The key that a member of a set is; None where it is none that verifies signatures."""
    if not isinstance(stated, dict) or not _is_for_signatures(stated):
        return None
    algorithms = _algorithms(stated)
    if not algorithms:
        return None
    try:
        read = PyJWK({name: stated[name] for name in _PUBLIC if isinstance(stated.get(name), str)}, min(algorithms))
    except PyJWTError:
        return None
    if read.Algorithm.check_key_length(read.key) is not None:  # it is too short to be safe
        return None
    kid = stated.get("kid")
    return SigningKey(kid=kid if isinstance(kid, str) else None, algorithms=algorithms, public=read.key)


def _is_for_signatures(stated: Mapping[str, Any]) -> bool:
    """Whether it may be used for what it is wanted for, as far as it says what it is for."""
    operations = stated.get("key_ops")
    may_verify = operations is None or (isinstance(operations, list) and "verify" in operations)
    return may_verify and stated.get("use") in (None, "sig")


def _algorithms(stated: Mapping[str, Any]) -> frozenset[str]:
    """What a key can verify: what its type can, or of that the one algorithm that it is said to be for."""
    kind, curve, algorithm = stated.get("kty"), stated.get("crv"), stated.get("alg")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return frozenset()
    possible = ALGORITHMS.get((kind, curve), frozenset())
    return possible if algorithm is None else possible & {str(algorithm)}
