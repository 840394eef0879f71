"""Key sets: which keys are usable, and when an issuer is asked for them."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, get_args

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import KeysUnavailable
from gateway.observe.events import Event, KeysNotFetched
from gateway.settings import JwtAlgorithm
from gateway.web.jwks import ALGORITHMS, LARGEST, PAUSE, FetchedKeys, KeptKeys, KeySetUnusable, key_set
from tests.web.issuer import ec_key, ed_key, jwk, published, rsa_key

pytestmark = pytest.mark.anyio

URL: Final = "https://issuer.example.com/jwks.json"
FRESH: Final = 600.0
ONE: Final = published(jwk(ec_key("one"), "one"))
TWO: Final = published(jwk(ec_key("two"), "two"))


@dataclasses.dataclass
class Issuer:
    """Answers requests for its keys, and counts them; its clock goes when it is told to."""

    answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, content=ONE)
    asked: int = 0
    now: float = 0.0
    events: list[Event] = dataclasses.field(default_factory=list)

    def publishes(self, body: bytes) -> None:
        self.answer = lambda: httpx.Response(200, content=body)

    def fails(self) -> None:
        def refuse() -> httpx.Response:
            raise httpx.ConnectError("nobody listens")

        self.answer = refuse

    def _serve(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        return self.answer()

    def keys(self, **stated: Any) -> FetchedKeys:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._serve))
        return FetchedKeys(http, URL, fresh=FRESH, timer=lambda: self.now, listen=self.events.append, **stated)


async def kids(keys: FetchedKeys, kid: str | None) -> list[str | None]:
    """The ids of the keys that are found."""
    return [key.kid for key in await keys.named(kid)]


def test_the_settings_allow_what_a_key_of_some_type_can_verify() -> None:
    assert frozenset(get_args(JwtAlgorithm)) == frozenset[str]().union(*ALGORITHMS.values())


@pytest.mark.parametrize(
    ("stated", "algorithms"),
    [
        (jwk(rsa_key()), ALGORITHMS["RSA", None]),
        (jwk(rsa_key(), alg="PS256"), {"PS256"}),
        (jwk(ec_key()), {"ES256"}),
        (jwk(ed_key()), {"EdDSA"}),
        (jwk(ec_key(), use=None, key_ops=["verify"]), {"ES256"}),
    ],
)
def test_a_key_verifies_what_its_type_can_or_what_it_is_said_to_be_for(
    stated: dict[str, Any], algorithms: set[str]
) -> None:
    (key,) = key_set(published(stated))
    assert key.algorithms == algorithms


@pytest.mark.parametrize(
    "stated",
    [
        jwk(rsa_key(), use="enc"),
        jwk(rsa_key(), key_ops=["encrypt"]),
        jwk(rsa_key(), alg="ES256"),
        jwk(rsa_key(), alg="HS256"),
        jwk(rsa_key(), alg="none"),
        jwk(rsa_key(), alg=["RS256"]),
        jwk(rsa_key("short", bits=1024)),
        jwk(ec_key(), crv="P-384"),
        jwk(ec_key(), crv="secp256k1"),
        jwk(ec_key(), x="AAAA"),
        jwk(rsa_key(), n="!"),
        jwk(rsa_key(), n=7),
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "one"},
        {"kty": "RSA"},
        {},
        "text",
        None,
    ],
)
def test_a_key_that_cannot_be_used_is_passed_over(stated: Any) -> None:
    assert [key.kid for key in key_set(published(stated, jwk(ec_key(), "usable")))] == ["usable"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"[]", "no key set"),
        (b'{"keys": {}}', "no key set"),
        (b'{"keys": []}', "none of its keys"),
        (published(jwk(rsa_key(), use="enc")), "none of its keys"),
        (ONE + b" " * LARGEST, "larger"),
    ],
)
def test_what_is_no_key_set_says_why(body: bytes, told: str) -> None:
    with pytest.raises(KeySetUnusable, match=told):
        key_set(body)


@given(
    st.fixed_dictionaries(
        {"kty": st.sampled_from(["RSA", "EC", "OKP", "oct"]) | st.text()},
        optional={
            name: st.none() | st.integers() | st.text() | st.sampled_from(["P-256", "Ed25519", "AQAB", "sig", "RS256"])
            for name in ("kid", "crv", "use", "alg", "key_ops", "n", "e", "x", "y", "d", "k")
        },
    )
)
def test_no_key_that_anybody_publishes_stops_the_reading_of_the_others(stated: dict[str, Any]) -> None:
    assert "usable" in [key.kid for key in key_set(published(stated, jwk(ec_key(), "usable")))]


def test_a_private_key_counts_as_its_public_half() -> None:
    secret = {"d": "x" * 43}
    assert key_set(published(jwk(ec_key(), **secret))) == key_set(published(jwk(ec_key())))


async def test_the_keys_of_a_file_are_found_by_their_id() -> None:
    kept = KeptKeys(key_set(published(jwk(ec_key("one"), "one"), jwk(ec_key("two"), "two"))))
    assert [key.kid for key in await kept.named("two")] == ["two"]
    assert [key.kid for key in await kept.named(None)] == ["one", "two"]
    assert list(await kept.named("three")) == []


async def test_keys_are_read_at_first_need_and_used_for_a_while() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    assert issuer.asked == 0
    for issuer.now in (0.0, 1.0, FRESH - 1):
        assert await kids(keys, "one") == ["one"]
    assert issuer.asked == 1
    issuer.now = FRESH
    assert await kids(keys, "one") == ["one"]
    assert issuer.asked == 2


async def test_a_key_that_is_no_longer_published_ends_with_the_set_it_was_in() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    await kids(keys, "one")
    issuer.publishes(TWO)
    issuer.now = FRESH
    assert await kids(keys, "one") == []


async def test_a_key_that_is_not_in_the_set_may_be_new_so_the_set_is_read_again() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    await kids(keys, "one")
    issuer.publishes(TWO)
    issuer.now = PAUSE
    assert await kids(keys, "two") == ["two"]
    assert issuer.asked == 2


async def test_a_thousand_tokens_of_unknown_keys_cost_no_more_than_two_requests() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    await kids(keys, "one")
    issuer.now = PAUSE
    found = await asyncio.gather(*[kids(keys, f"unknown {number}") for number in range(500)])
    for number in range(500):
        found.append(await kids(keys, f"also unknown {number}"))
    assert found == [[]] * 1000
    assert issuer.asked == 2


async def test_all_who_need_the_first_set_share_one_request() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    assert await asyncio.gather(*[kids(keys, "one") for _ in range(100)]) == [["one"]] * 100
    assert issuer.asked == 1


class Pieces(httpx.AsyncByteStream):
    """A body that comes piece by piece."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def unusable_answers() -> list[tuple[str, Callable[[], httpx.Response], str]]:
    """What an issuer may answer instead of its keys, and the word for it."""

    def refuse() -> httpx.Response:
        raise httpx.ConnectError("nobody listens")

    return [
        ("refused", refuse, "ConnectError"),
        ("status", lambda: httpx.Response(500, content=ONE), "status_500"),
        ("redirect", lambda: httpx.Response(302, headers={"Location": "http://127.0.0.1/"}), "status_302"),
        ("nonsense", lambda: httpx.Response(200, content=b"<html>"), "unusable"),
        ("no keys", lambda: httpx.Response(200, content=b'{"keys": []}'), "unusable"),
        ("too large", lambda: httpx.Response(200, stream=Pieces(*[b" " * 2**16] * 17)), "too_large"),
        (
            "compressed bomb",
            lambda: httpx.Response(
                200, stream=Pieces(gzip.compress(b" " * 10 * LARGEST + ONE)), headers={"Content-Encoding": "gzip"}
            ),
            "compressed",
        ),
    ]


@pytest.mark.parametrize(
    ("answer", "word"), [(a, w) for _, a, w in unusable_answers()], ids=lambda value: str(value)[:20]
)
async def test_keys_go_on_to_count_while_their_issuer_cannot_be_asked(
    answer: Callable[[], httpx.Response], word: str
) -> None:
    issuer = Issuer()
    keys = issuer.keys()
    await kids(keys, "one")
    issuer.answer, issuer.now = answer, FRESH
    assert await kids(keys, "one") == ["one"]
    assert issuer.events == [KeysNotFetched(word)]
    issuer.publishes(TWO)
    issuer.now += PAUSE
    await kids(keys, "one")  # which begins to read, and waits for nobody who has just failed
    assert await kids(keys, "two") == ["two"]


@pytest.mark.parametrize("answer", [a for _, a, _ in unusable_answers()])
async def test_without_any_keys_nobody_can_be_told_and_the_issuer_is_left_in_peace(
    answer: Callable[[], httpx.Response],
) -> None:
    issuer = Issuer(answer=answer)
    keys = issuer.keys()
    for issuer.now in (0.0, 1.0, PAUSE - 1):
        with pytest.raises(KeysUnavailable):
            await keys.named("one")
    assert issuer.asked == 1
    issuer.publishes(ONE)
    issuer.now = PAUSE
    assert await kids(keys, "one") == ["one"]


class Trickle(httpx.AsyncByteStream):
    """A body that never ends, and says so little that no limit of its size is met."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)


async def test_an_answer_that_does_not_end_is_not_waited_for() -> None:
    issuer = Issuer(answer=lambda: httpx.Response(200, stream=Trickle()))
    keys = issuer.keys(patience=0.05)
    with pytest.raises(KeysUnavailable):
        await keys.named("one")
    assert issuer.events == [KeysNotFetched("too_late")]


async def test_nobody_waits_for_an_issuer_that_hangs_while_there_are_keys() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    await kids(keys, "one")
    issuer.fails()
    issuer.now = FRESH
    await kids(keys, "one")
    issuer.answer = lambda: httpx.Response(200, stream=Trickle())
    issuer.now += PAUSE
    async with asyncio.timeout(1):
        assert await kids(keys, "one") == ["one"]
    await keys.close()


async def test_whoever_goes_away_leaves_the_request_to_the_others() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    first, second = (asyncio.create_task(kids(keys, "one")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == ["one"]
