"""Tokens: one that is what it must be opens; every other one does not, and nobody is told why."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
import hmac
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, Final, get_args

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.principal import Principal, Scope
from gateway.errors import KeysUnavailable
from gateway.observe.events import Event, TokenRefused
from gateway.settings import JwtAlgorithm
from gateway.web.claims import Claims
from gateway.web.jwks import FetchedKeys, KeptKeys, SigningKey, key_set
from gateway.web.tokens import LONGEST, Refusal, Tokens, Verifier
from tests.web.issuer import (
    AUDIENCE,
    ISSUER,
    NOW,
    SECONDS,
    base64url,
    claims,
    ec_key,
    forged,
    jwk,
    pem,
    private_key,
    published,
    rsa_key,
    token,
)

pytestmark = pytest.mark.anyio

ALL: Final = frozenset(get_args(JwtAlgorithm))
LEEWAY: Final = 30
CANARY: Final = "canary-of-ada"


def verifier(*algorithms: str) -> Verifier:
    """What a token must be, with all algorithms if none is named."""
    return Verifier(
        issuer=ISSUER,
        audience=AUDIENCE,
        algorithms=frozenset(algorithms) or ALL,
        leeway=dt.timedelta(seconds=LEEWAY),
    )


def keys(*stated: dict[str, Any]) -> Sequence[SigningKey]:
    """The keys of a set; those of the issuer if none is stated."""
    return key_set(published(*(stated or (jwk(rsa_key()), jwk(ec_key(), "two")))))


def outcome(
    stated: str, *, by: Sequence[SigningKey] | None = None, algorithms: Sequence[str] = (), now: dt.datetime = NOW
) -> str:
    """What becomes of a token with the keys of its id: “known”, or the word for why not."""
    checking = verifier(*algorithms)
    header = checking.header(stated)
    if isinstance(header, Refusal):
        return header.value
    named = [key for key in by or keys() if header.kid in (None, key.kid)]
    found = checking.verified(stated, header, named, now)
    return found.value if isinstance(found, Refusal) else "known"


@pytest.mark.parametrize("algorithm", sorted(ALL))
def test_a_token_that_is_what_it_must_be_is_known(algorithm: str) -> None:
    assert outcome(token(algorithm=algorithm), by=keys(jwk(private_key(algorithm)))) == "known"


@pytest.mark.parametrize(
    ("stated", "word"),
    [
        ({}, "known"),
        ({"aud": ["https://other.example.com", AUDIENCE]}, "known"),
        ({"aud": "https://other.example.com"}, "audience"),
        ({"aud": f"{AUDIENCE}/"}, "audience"),
        ({"aud": [AUDIENCE, 7]}, "audience"),
        ({"aud": {"0": AUDIENCE}}, "audience"),
        ({"aud": None}, "claim_missing"),
        ({"aud": []}, "claim_missing"),
        ({"iss": "https://issuer.example.com"}, "issuer"),
        ({"iss": [ISSUER]}, "issuer"),
        ({"iss": None}, "claim_missing"),
        ({"exp": None}, "claim_missing"),
        ({"sub": 7}, "malformed"),
    ],
)
def test_issuer_and_audience_are_those_of_the_settings_to_the_letter(stated: dict[str, Any], word: str) -> None:
    assert outcome(token(**stated)) == word


@pytest.mark.parametrize(
    ("stated", "word"),
    [
        ({"exp": SECONDS + 1}, "known"),
        ({"exp": SECONDS - LEEWAY + 1}, "known"),
        ({"exp": SECONDS - LEEWAY}, "expired"),
        ({"exp": SECONDS - 86_400}, "expired"),
        ({"exp": 0}, "expired"),
        ({"exp": -1}, "expired"),
        ({"exp": SECONDS + 0.5}, "known"),
        ({"exp": str(SECONDS + 600)}, "malformed"),
        ({"exp": [SECONDS + 600]}, "malformed"),
        ({"exp": True}, "malformed"),
        ({"exp": math.nan}, "malformed"),
        ({"exp": math.inf}, "malformed"),
        ({"exp": 10**400}, "known"),
        ({"nbf": SECONDS + LEEWAY}, "known"),
        ({"nbf": SECONDS + LEEWAY + 1}, "not_yet_valid"),
        ({"nbf": "soon"}, "malformed"),
        ({"nbf": -math.inf}, "malformed"),
        ({"iat": SECONDS + LEEWAY}, "known"),
        ({"iat": SECONDS + LEEWAY + 1}, "not_yet_valid"),
        ({"iat": 10**400}, "not_yet_valid"),
        ({"iat": False}, "malformed"),
        ({"iat": None}, "known"),
    ],
)
def test_a_token_holds_from_its_begin_to_its_end_with_the_leeway(stated: dict[str, Any], word: str) -> None:
    assert outcome(token(**stated)) == word


def test_the_clock_is_the_one_that_is_handed_in() -> None:
    stated = token(exp=SECONDS + 600)
    assert outcome(stated, now=NOW + dt.timedelta(seconds=629)) == "known"
    assert outcome(stated, now=NOW + dt.timedelta(seconds=630)) == "expired"
    assert outcome(stated, now=NOW - dt.timedelta(days=1)) == "not_yet_valid"


def with_none(name: str) -> str:
    """A token of nobody's, with “none” as its algorithm."""
    return forged({"alg": name, "kid": "one", "typ": "JWT"}, claims())


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None])
def test_a_token_without_a_signature_is_not_known(name: Any) -> None:
    assert outcome(with_none(name)) == "algorithm"


SECRETS: Final[dict[str, Callable[[], bytes]]] = {
    "pem": lambda: pem(rsa_key()),
    "pem without its last line break": lambda: pem(rsa_key()).rstrip(),
    "jwk": lambda: json.dumps(jwk(rsa_key())).encode(),
    "modulus": lambda: base64.urlsafe_b64decode(f"{jwk(rsa_key())['n']}=="),
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_no_secret_to_sign_with(algorithm: str, secret: str) -> None:
    signed = forged({"alg": algorithm, "kid": "one"}, claims()).rpartition(".")[0]
    digest = hmac.new(SECRETS[secret](), signed.encode(), f"sha{algorithm[2:]}").digest()
    assert outcome(f"{signed}.{base64url(digest)}") == "algorithm"


def test_the_same_signature_under_another_name_is_none() -> None:
    signed = forged({"alg": "RS256", "kid": "one"}, claims()).rpartition(".")[0]
    digest = hmac.new(pem(rsa_key()), signed.encode(), hashlib.sha256).digest()
    assert outcome(f"{signed}.{base64url(digest)}") == "signature"


@pytest.mark.parametrize(
    ("stated", "by", "word"),
    [
        (token(rsa_key("thief")), keys(), "signature"),
        (token(kid="three"), keys(), "unknown_key"),
        (token(ec_key(), "ES256", kid="one"), keys(), "unknown_key"),
        (token(kid="two"), keys(), "unknown_key"),
        (token(), keys(jwk(rsa_key(), use="enc"), jwk(ec_key(), "two")), "unknown_key"),
        (token(), keys(jwk(rsa_key(), alg="PS256")), "unknown_key"),
        (token(algorithm="PS256"), keys(jwk(rsa_key(), alg="RS256")), "unknown_key"),
        (token(kid=None), keys(), "known"),
        (token(kid=None), keys(jwk(rsa_key(), None), jwk(rsa_key("other"), None)), "unknown_key"),
        (token(), keys(jwk(rsa_key("other"), "one"), jwk(rsa_key(), "one")), "known"),
        (token(), keys(jwk(rsa_key("other"), "one"), jwk(rsa_key("third"), "one")), "signature"),
    ],
    ids=[
        "another key of the same id",
        "an id that is not in the set",
        "a key of another type",
        "the id of a key of another type",
        "a key for another use",
        "a key for another algorithm",
        "a key for another algorithm, the other way round",
        "no id, and one key that fits",
        "no id, and several keys that fit",
        "two keys of one id",
        "two keys of one id that are both others",
    ],
)
def test_the_key_is_the_one_that_the_token_names_and_fits_its_algorithm(
    stated: str, by: Sequence[SigningKey], word: str
) -> None:
    assert outcome(stated, by=by) == word


def test_an_algorithm_that_the_settings_do_not_name_opens_nothing() -> None:
    assert outcome(token(algorithm="RS256"), algorithms=["ES256"]) == "algorithm"
    assert outcome(token(algorithm="ES256", kid="two"), algorithms=["ES256"]) == "known"


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": jwk(rsa_key("thief"))},
        {"jku": "https://thief.example.com/jwks.json"},
        {"x5u": "https://thief.example.com/certificate"},
        {"x5c": ["certificate"]},
    ],
    ids=lambda header: next(iter(header)),
)
def test_a_key_that_a_token_brings_along_is_not_looked_at(header: dict[str, Any]) -> None:
    assert outcome(token(rsa_key("thief"), header=header)) == "signature"


def test_what_a_token_calls_critical_must_be_understood() -> None:
    made = token(header={"crit": ["b64"], "b64": True})
    head = base64url(json.dumps({"alg": "RS256", "kid": "one", "crit": ["exp"], "exp": 1}).encode())
    assert outcome(f"{head}.{made.split('.')[1]}.{made.split('.')[2]}") == "malformed"


def garbage() -> list[str]:
    """What has the outline of a token, and is none."""
    deep = base64url(b"[" * 10_000)
    head = base64url(b'{"alg":"RS256","kid":"one"}')
    return [
        "..",
        "a.b.c",
        "!.!.!",
        f"{head}..",
        f"{head}.{base64url(b'[]')}.",
        f"{deep}.{deep[:100]}.x",
        f"{base64url(b'[]')}.{base64url(b'{}')}.",
        forged({"alg": ["RS256"]}, {}),
        forged({"alg": "RS256", "kid": 7}, {}),
        forged({"alg": "RS256", "kid": ["one"]}, {}),
        forged({"alg": "RS256", "b64": False, "crit": ["b64"]}, {}),
        f"{base64url(bytes(range(256)))}.x.y",
        "\ud800.\ud800.\ud800",
        "ä.ö.ü",
    ]


@pytest.mark.parametrize("stated", garbage())
async def test_garbage_is_not_known(stated: str) -> None:
    assert await tokens().known(stated) is None


async def test_a_token_of_any_size_is_looked_at_only_up_to_a_limit() -> None:
    long = token(note="x" * LONGEST)
    assert outcome(long) == "too_long"
    assert await tokens().known(long) is None
    room = (LONGEST - len(token(note=""))) * 3 // 4 - 3
    assert outcome(token(note="x" * room)) == "known"


CLAIMS: Final = Claims(
    scopes="scope", usual_scopes=frozenset({Scope.CALLS_READ}), identity_key=b"0" * 32, customers="sub"
)


def tokens(events: list[Event] | None = None) -> Tokens:
    """Who is known by a token of the issuer."""
    return Tokens(
        KeptKeys(keys()),
        verifier(),
        CLAIMS,
        clock=lambda: NOW,
        listen=(events if events is not None else list[Event]()).append,
    )


async def test_whoever_a_token_was_given_to_is_known_by_it() -> None:
    known = await tokens().known(token(scope="calls:read content:read"))
    assert isinstance(known, Principal)
    assert known.scopes == {Scope.CALLS_READ, Scope.CONTENT_READ}
    assert known.customers == frozenset({"id:user_ada"})


async def test_a_token_that_opens_nothing_is_told_to_the_log_by_a_word_and_to_nobody_else() -> None:
    events: list[Event] = []
    asked = tokens(events)
    refused = [
        token(exp=SECONDS - 600, sub=CANARY),
        token(rsa_key("thief"), sub=CANARY, aud=CANARY),
        token(sub=CANARY, aud=CANARY),
        with_none("none"),
        "a.b.c",
    ]
    assert [await asked.known(each) for each in refused] == [None] * 5
    words = ["expired", "signature", "audience", "algorithm", "malformed"]
    assert events == [TokenRefused(word) for word in words]
    assert CANARY not in repr(events)


async def test_a_credential_of_another_kind_is_none_of_ours() -> None:
    events: list[Event] = []
    for stated in ("", "gw_live_0123456789", "a.b", "a.b.c.d.e"):
        assert await tokens(events).known(stated) is None
    assert events == []


async def test_a_token_that_cannot_be_ours_asks_nobody_for_keys() -> None:
    asked: list[httpx.Request] = []

    def issuer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503)

    async with httpx.AsyncClient(transport=httpx.MockTransport(issuer)) as http:
        published_keys = FetchedKeys(http, "https://issuer.example.com/jwks.json", fresh=600, timer=lambda: 0.0)
        unknown = Tokens(published_keys, verifier(), CLAIMS, clock=lambda: NOW)
        assert [await unknown.known(each) for each in (with_none("none"), "a.b.c", "x" * LONGEST)] == [None] * 3
        assert asked == []
        with pytest.raises(KeysUnavailable):
            await unknown.known(token())
    assert len(asked) == 1


@functools.cache
def valid() -> str:
    """A token that is known; small, by a small signature."""
    made = token(algorithm="ES256", kid="two")
    assert outcome(made) == "known"
    return made


def decoded(stated: str) -> list[bytes]:
    """The bytes that the parts of a token stand for."""
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in stated.split(".")]


@given(st.integers(min_value=0), st.characters())
@example(0, ".")
@example(10**9 - 1, "=")
def test_whatever_one_changes_of_a_token_it_is_no_longer_known(place: int, letter: str) -> None:
    place %= len(valid())
    changed = f"{valid()[:place]}{letter}{valid()[place + 1 :]}"
    if outcome(changed) == "known":
        assert decoded(changed) == decoded(valid())


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.text(max_size=20))
def test_whatever_one_takes_out_of_a_token_or_puts_in_it_is_no_longer_known(first: int, last: int, put: str) -> None:
    begin, end = sorted((first % len(valid()), last % len(valid())))
    changed = f"{valid()[:begin]}{put}{valid()[end:]}"
    if outcome(changed) == "known":
        assert decoded(changed) == decoded(valid())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "zip", "enc"]), json_values),
    st.dictionaries(st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "jti"]), json_values),
    st.binary(max_size=80),
)
def test_nothing_that_somebody_writes_without_a_key_is_known(
    header: dict[str, Any], stated: dict[str, Any], signature: bytes
) -> None:
    for algorithm in ("RS256", "ES256"):
        made = forged({"alg": algorithm, "kid": "one", **header}, {**claims(), **stated}, signature)
        assert outcome(made) != "known"


@given(st.dictionaries(st.sampled_from(["exp", "nbf", "iat", "iss", "aud", "sub", "jti"]), json_values))
def test_whatever_the_issuer_signs_is_known_or_refused_and_never_an_error(stated: dict[str, Any]) -> None:
    made = token(ec_key(), "ES256", kid="two", **{name: value for name, value in stated.items() if name != "iss"})
    assert outcome(made) in {"known", *(refusal.value for refusal in Refusal)}
