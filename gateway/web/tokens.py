"""Tokens: JSON Web Tokens of an issuer that the settings name (RFC 7519), verified as RFC 8725 advises.

PyJWT reads them and checks signatures. What decides beside it: the algorithms are those of the settings and of the key,
never what the token says alone; the key must be one for signatures by that algorithm; the times are compared with the
clock that is handed in.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import jwt
from jwt.types import Options

from gateway.domain.principal import Principal
from gateway.observe.events import Listener, TokenRefused, silence
from gateway.web.claims import Claims
from gateway.web.jwks import KeySet, SigningKey

LONGEST: Final = 16_384
"""Characters of the longest token that is looked at."""
_PARTS: Final = 3
_OPTIONS: Final[Options] = {
    "require": ["exp"],
    "verify_exp": False,  # the times: see `_untimely`
    "verify_nbf": False,
    "verify_iat": False,
    "enforce_minimum_key_length": True,
}


class Refusal(enum.Enum):
    """Why a token opens nothing: for the log, never for whoever sent it."""

    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    CLAIM_MISSING = "claim_missing"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"


_REFUSALS: Final[Mapping[type[jwt.PyJWTError], Refusal]] = {
    jwt.InvalidSignatureError: Refusal.SIGNATURE,
    jwt.InvalidIssuerError: Refusal.ISSUER,
    jwt.InvalidAudienceError: Refusal.AUDIENCE,
    jwt.MissingRequiredClaimError: Refusal.CLAIM_MISSING,
    jwt.PyJWTError: Refusal.MALFORMED,
}
"""What PyJWT's errors mean; the first that an error is one of."""


@dataclasses.dataclass(frozen=True, slots=True)
class Header:
    """What a token says of its own signature: not to be believed, but to choose a key by."""

    algorithm: str
    kid: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """What a token must be: of this issuer, for this audience, signed by one of these algorithms.

    ``leeway`` is by how much the clocks of the issuer and of this machine may differ.
    """

    issuer: str
    audience: str
    algorithms: frozenset[str]
    leeway: dt.timedelta

    def header(self, token: str) -> Header | Refusal:
        """What a token says of its signature, if that is something to look for a key for."""
        if len(token) > LONGEST:
            return Refusal.TOO_LONG
        if not token.isascii():
            return Refusal.MALFORMED
        try:
            stated = jwt.get_unverified_header(f"{token.partition('.')[0]}..")  # the rest is read once, with a key
        except jwt.PyJWTError:
            return Refusal.MALFORMED
        algorithm = stated.get("alg")
        if not isinstance(algorithm, str) or algorithm not in self.algorithms:
            return Refusal.ALGORITHM
        return Header(algorithm, stated.get("kid"))

    def verified(
        self, token: str, header: Header, keys: Sequence[SigningKey], now: dt.datetime
    ) -> Mapping[str, Any] | Refusal:
        """The claims of a token; ``keys`` are those with the id that its header names, or all where it names none."""
        fitting = [key for key in keys if header.algorithm in key.algorithms]
        if not fitting or (header.kid is None and len(fitting) > 1):  # which of several it is, the token has to say
            return Refusal.UNKNOWN_KEY
        found: Mapping[str, Any] | Refusal = Refusal.SIGNATURE
        for key in fitting:  # several of one id, while the issuer replaces one by another
            found = self._signed(token, key)
            if found is not Refusal.SIGNATURE:
                break
        if isinstance(found, Refusal):
            return found
        return _untimely(found, now.timestamp(), self.leeway.total_seconds()) or found

    def _signed(self, token: str, key: SigningKey) -> Mapping[str, Any] | Refusal:
        """The claims of a token that this key has signed; its times have not been looked at."""
        allowed = sorted(self.algorithms & key.algorithms)
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token, key.public, algorithms=allowed, audience=self.audience, issuer=self.issuer, options=_OPTIONS
            )
        except jwt.PyJWTError as error:
            return next(refusal for kind, refusal in _REFUSALS.items() if isinstance(error, kind))
        return claims


class Tokens:
    """Whose a token is, by the keys of its issuer, what it must be, and which of its claims say what."""

    def __init__(
        self,
        keys: KeySet,
        verifier: Verifier,
        claims: Claims,
        *,
        clock: Callable[[], dt.datetime],
        listen: Listener = silence,
    ) -> None:
        self._keys = keys
        self._verifier = verifier
        self._claims = claims
        self._clock = clock
        self._listen = listen

    async def known(self, token: str) -> Principal | None:
        """Whose token this is; None where it opens nothing, for whatever reason.

        Raises:
            KeysUnavailable: there are no keys at present by which tokens could be told.
        """
        if token.count(".") != _PARTS - 1:  # a credential of another kind
            return None
        found = await self._verified(token)
        if isinstance(found, Refusal):
            self._listen(TokenRefused(found.value))
            return None
        return self._claims.principal(found)

    async def _verified(self, token: str) -> Mapping[str, Any] | Refusal:
        header = self._verifier.header(token)
        if isinstance(header, Refusal):
            return header
        return self._verifier.verified(token, header, await self._keys.named(header.kid), self._clock())


def _untimely(claims: Mapping[str, Any], now: float, leeway: float) -> Refusal | None:
    """Why a token does not hold at a moment, all in seconds since 1970; None where it does.

    ``exp`` is there; ``nbf`` and ``iat`` count where they are.
    """
    stated = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if not all(map(_is_moment, stated.values())):
        return Refusal.MALFORMED
    if now - leeway >= stated.pop("exp"):
        return Refusal.EXPIRED
    return Refusal.NOT_YET_VALID if any(begin > now + leeway for begin in stated.values()) else None


def _is_moment(value: Any) -> bool:
    """Whether a JSON value is a number of seconds; Python would let NaN and Infinity pass for one."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)
