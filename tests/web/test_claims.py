"""Claims: what a token says of whom it was given to."""

from __future__ import annotations

from typing import Any, Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.catalog import build
from gateway.domain.customer import IDENTIFYING
from gateway.domain.decode import decoder
from gateway.domain.identity import key_of
from gateway.domain.principal import Scope
from gateway.settings import Settings
from gateway.web.claims import Claims
from tests.web.issuer import ISSUER

KEY: Final = b"an identity key of 32 characters"
USUAL: Final = frozenset({Scope.CALLS_READ})
CANARY: Final = "ada@example.com"


def reading(**stated: Any) -> Claims:
    """Which claims say what."""
    return Claims(**{"scopes": "scope", "usual_scopes": USUAL, "identity_key": KEY, **stated})


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({}, USUAL),
        ({"scope": "calls:read content:read"}, {Scope.CALLS_READ, Scope.CONTENT_READ}),
        ({"scope": ["calls:read", "export"]}, {Scope.CALLS_READ, Scope.EXPORT}),
        ({"scope": "openid profile  calls:read\tCALLS:READ calls"}, {Scope.CALLS_READ}),
        ({"scope": "openid profile"}, set()),
        ({"scope": ["admin calls:read", ["admin"], {"admin": True}, 7, None]}, set()),
        ({"scope": ""}, set()),
        ({"scope": []}, set()),
        ({"scope": None}, set()),
        ({"scope": {"admin": True}}, set()),
        ({"scope": True}, set()),
    ],
)
def test_scopes_are_what_the_claim_says_and_the_usual_ones_only_without_it(
    claims: dict[str, Any], scopes: set[Scope]
) -> None:
    assert reading().principal(claims).scopes == scopes


def test_a_token_is_bound_to_nobody_where_no_claim_is_named_for_it() -> None:
    principal = reading().principal({"sub": "user_1", "customer": "user_1"})
    assert (principal.customers, principal.assistants, principal.is_bound) == (None, None, False)


@pytest.mark.parametrize(
    ("value", "customers"),
    [
        ("user_1", {"id:user_1"}),
        (" user_1 ", {"id:user_1"}),
        (42, {"id:42"}),
        (["user_1", "user_2"], {"id:user_1", "id:user_2"}),
        (["user_1", None, {}, "", True], {"id:user_1"}),
        ("user_old", {"id:user_new"}),
    ],
)
def test_a_token_is_bound_to_the_customers_of_its_claim(value: object, customers: set[str]) -> None:
    aliases = {"id:user_old": "id:user_new"}
    principal = reading(customers="customer", aliases=aliases).principal({"customer": value})
    assert principal.customers == frozenset(customers)


NOTHING: Final[list[object]] = [None, "", "  ", [], [None], {}, True, "null", "undefined", "{{id}}"]


@pytest.mark.parametrize("claims", [{}, *({"customer": value} for value in NOTHING)])
def test_a_token_that_should_say_whose_it_is_and_does_not_sees_nothing(claims: dict[str, Any]) -> None:
    principal = reading(customers="customer").principal(claims)
    assert principal.customers == frozenset()
    assert principal.is_bound


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["customer", "scope", "sub", "iss", "assistants"]), json_values))
def test_whatever_a_token_says_it_stays_bound_and_its_scopes_are_named_by_it(claims: dict[str, Any]) -> None:
    principal = reading(customers="customer", assistants="assistants").principal(claims)
    assert principal.customers is not None
    assert principal.assistants is not None
    assert principal.scopes <= frozenset(Scope)
    assert Scope.ADMIN not in principal.scopes


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("customerId", "user_1"),
        ("customerId", "  spaced "),
        ("customerId", "+1 (415) 555-0100"),
        ("externalId", "crm-9"),
        ("number", "+1 (415) 555-0100"),
        ("sipUri", "sip:Ada@example.com"),
        ("email", "Ada@Example.com "),
    ],
)
def test_a_claim_makes_the_key_that_a_call_with_the_same_value_has(attribute: str, value: str) -> None:
    spelling = "phone" if attribute == "number" else attribute
    call = {"id": "c", "assistantOverrides": {"metadata": {spelling: value}}}
    key = decoder(build(), KEY)(call).call.customer.key
    principal = reading(customers="who", attribute=attribute).principal({"who": value})
    assert principal.customers == frozenset({key})


@pytest.mark.parametrize("attribute", IDENTIFYING)
def test_every_identifying_attribute_can_be_what_a_claim_says(attribute: str) -> None:
    principal = reading(customers="who", attribute=attribute).principal({"who": CANARY + "4155550100"})
    assert principal.customers == frozenset({key_of(attribute, CANARY + "4155550100", KEY)})


@pytest.mark.parametrize(
    ("value", "assistants"),
    [
        ("a-1", {"a-1"}),
        (["a-1", "a-2", 7, None], {"a-1", "a-2", "7"}),
        (None, set()),
        ("\x00", set()),
        ("\ud800", set()),
    ],
)
def test_a_token_is_bound_to_the_assistants_of_its_claim(value: object, assistants: set[str]) -> None:
    assert reading(assistants="assistants").principal({"assistants": value}).assistants == frozenset(assistants)


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("app_metadata.customer", {"app_metadata": {"customer": "user_1"}}),
        ("https://example.com/customer", {"https://example.com/customer": "user_1"}),
    ],
)
def test_a_claim_may_be_inside_another_or_be_named_by_a_url(name: str, claims: dict[str, Any]) -> None:
    assert reading(customers=name).principal(claims).customers == frozenset({"id:user_1"})


@pytest.mark.parametrize("claims", [{"app_metadata.customer": "user_1"}, {"app_metadata": "customer"}])
def test_what_merely_looks_like_the_claim_is_none(claims: dict[str, Any]) -> None:
    assert reading(customers="app_metadata.customer").principal(claims).customers == frozenset()


def test_a_name_tells_subjects_and_issuers_apart_and_says_nothing_of_them() -> None:
    named = [
        reading(identity_key=key).principal({"iss": issuer, "sub": subject}).name
        for key in (KEY, b"another")
        for issuer in (ISSUER, "https://other.example.com/")
        for subject in (CANARY, "user_2")
    ]
    assert len(set(named)) == 8
    assert all(len(name) == len("jwt:") + 12 and name.startswith("jwt:") for name in named)


@pytest.mark.parametrize("missing", [{}, {"sub": None}, {"sub": ""}])
def test_tokens_without_a_subject_are_told_apart_by_whose_calls_they_open(missing: dict[str, Any]) -> None:
    """Else all of them would share what one caller may ask."""
    there = reading(customers="customer", assistants="assistants")
    stated: list[dict[str, Any]] = [
        {"customer": "ada"},
        {"customer": "grace"},
        {"customer": ["ada", "grace"]},
        {"assistants": "ada"},
        {"customer": "ada", "assistants": "a-1"},
        {"customer": "ada", "sub": "user_1"},
    ]
    names = [there.principal({"iss": ISSUER, **missing, **each}).name for each in stated]
    assert len(set(names)) == len(stated)
    assert there.principal({"iss": ISSUER, "customer": [" ada "], **missing}).name == names[0]


def test_neither_a_customer_nor_the_identity_key_is_in_a_repr() -> None:
    claims = reading(customers="sub", aliases={"id:old": f"id:{CANARY}"})
    assert KEY.decode() not in repr(claims)
    assert CANARY not in repr(claims)
    assert "user_1" not in repr(claims.principal({"sub": "user_1"}))


def test_the_settings_say_whether_only_servers_are_believed() -> None:
    assert reading(trusts_servers_only=True).principal({}).trusts_servers_only
    assert not reading().principal({}).trusts_servers_only


def test_the_settings_offer_every_identifying_attribute() -> None:
    assert get_args(Settings.model_fields["jwt_customer_attribute"].annotation) == IDENTIFYING
