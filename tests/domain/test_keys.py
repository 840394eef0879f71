"""Keys: what is a key, what it opens, and until when."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import keys
from gateway.domain.keys import ApiKey
from gateway.domain.principal import Principal, Scope

NOON = dt.datetime(2026, 8, 20, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
KEY = ApiKey(
    id="0a1b2c3d4e5f",
    name="reports",
    digest=keys.digest("5" * 64),
    scopes=frozenset({Scope.CALLS_READ}),
    created_at=NOON,
)

ids = st.from_regex(r"[0-9a-f]{12}", fullmatch=True)
secrets = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@given(ids, secrets)
def test_a_token_comes_apart_into_what_it_was_made_of(key_id: str, secret: str) -> None:
    assert keys.parted(keys.token(key_id, secret)) == (key_id, secret)


@given(st.text() | st.from_regex(r"\s?(vcg|VCG)?_?[0-9a-fA-F]{11,13}_[0-9a-fA-F]{63,65}\s?", fullmatch=True))
def test_what_comes_apart_is_a_token_to_the_letter(stated: str) -> None:
    parted = keys.parted(stated)
    assert parted is None or keys.token(*parted) == stated


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "vcg__",
        f"vcg_0a1b2c3d4e5f_{63 * '5'}",
        f"vcg_0a1b2c3d4e5f_{65 * '5'}",
        f"vcg_0a1b2c3d4e5f_{64 * '5'}\n",
        f"vcg_0a1b2c3d4e5f_{64 * 'F'}",
        f"vcg_0a1b2c3d4e5f_{64 * '٥'}",
        f"vcg_0a1b2c3d4e5_{64 * '5'}",
        f"Vcg_0a1b2c3d4e5f_{64 * '5'}",
        f"vcg_0a1b2c3d4e5f_{64 * '5'}" * 1000,
    ],
)
def test_what_is_nearly_a_token_is_none(stated: str) -> None:
    assert keys.parted(stated) is None


@given(secrets)
def test_a_key_has_its_own_secret_and_no_other(secret: str) -> None:
    key = dataclasses.replace(KEY, digest=keys.digest(secret))
    assert key.has(secret)
    assert not key.has(secret[1:] + ("0" if secret[0] != "0" else "1"))
    assert KEY.has(secret) == (secret == "5" * 64)


def test_what_is_kept_of_a_secret_is_its_sha_256() -> None:
    """Keys of an older version must go on to open what they opened."""
    assert keys.digest("5" * 64) == hashlib.sha256(b"5" * 64).digest()


def test_a_key_opens_until_the_moment_at_which_it_ends() -> None:
    key = dataclasses.replace(KEY, expires_at=NOON)
    assert [key.is_valid(NOON + n * SECOND) for n in (-1, 0, 1)] == [True, False, False]
    assert KEY.is_valid(NOON + dt.timedelta(days=10_000))


def test_a_key_that_is_revoked_opens_nothing_whenever_one_looks() -> None:
    key = dataclasses.replace(KEY, revoked_at=NOON, expires_at=NOON + 10 * SECOND)
    assert not any(key.is_valid(NOON + n * SECOND) for n in (-1, 0, 1))


def test_who_asks_with_a_key_is_told_by_its_id_and_not_by_its_name() -> None:
    """Names stand in logs, and the maker of a key may have put a person's in it."""
    assert KEY.principal({}, trusts_servers_only=False) == Principal(
        name="key:0a1b2c3d4e5f", scopes=frozenset({Scope.CALLS_READ})
    )


def test_a_key_that_is_bound_to_nobody_stays_so() -> None:
    bound = dataclasses.replace(KEY, customers=frozenset(), assistants=frozenset())
    found = bound.principal({}, trusts_servers_only=False)
    assert (found.customers, found.assistants, found.is_bound) == (frozenset(), frozenset(), True)


@pytest.mark.parametrize("stated", ["id:cus_7431", "ext:crm 9", "call:0197", f"tel~{32 * 'a'}", f"mail~{32 * '0'}"])
def test_a_key_of_a_customer_is_known_by_its_form(stated: str) -> None:
    assert keys.is_customer_key(stated)


@pytest.mark.parametrize("stated", ["", "id:", "cus_7431", "+14155550100", "tel:+14155550100", "mail~ada", "ID:1"])
def test_what_is_no_key_of_a_customer_would_bind_to_nobody(stated: str) -> None:
    assert not keys.is_customer_key(stated)


@given(ids, secrets)
def test_a_whole_key_is_no_id(key_id: str, secret: str) -> None:
    assert keys.is_id(key_id)
    assert not keys.is_id(keys.token(key_id, secret))
