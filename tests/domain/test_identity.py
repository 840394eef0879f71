"""The key under which calls of one customer belong together."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.customer import IDENTIFYING
from gateway.domain.identity import key
from tests.domain.documents import CALL_ID, KEY

DIGITS = st.text("0123456789", min_size=9, max_size=13).map(lambda digits: f"1{digits}")


def of(**identifying: str) -> str:
    """The key of somebody of whom this is said."""
    return key({name: identifying[name] for name in IDENTIFYING if name in identifying}, CALL_ID, KEY)[0]


def spelled(digits: str) -> list[str]:
    """Ways to write one international number."""
    country, area, line = digits[:1], digits[1:4], digits[4:]
    return [
        f"+{digits}",
        digits,
        f"00{digits}",
        f"tel:+{digits}",
        f"+{country} ({area}) {line[:3]}-{line[3:]}",
        f" +{country}.{area}.{line} ",
        f"+{digits};ext=12",
        f"+{country} (0){area} {line}",
    ]


def test_the_teams_own_id_comes_first() -> None:
    assert of(customerId="user_123", externalId="e-1", number="+15550100123") == "id:user_123"


def test_then_the_external_id() -> None:
    assert of(externalId="crm-7", number="+15550100123", email="ada@example.com") == "ext:crm-7"


def test_then_a_hash_of_the_number_the_sip_address_or_the_mail_address() -> None:
    assert of(number="+15550100123", email="ada@example.com").startswith("tel~")
    assert of(sipUri="sip:ada@example.com", email="ada@example.com").startswith("sip~")
    assert of(email="ada@example.com").startswith("mail~")


def test_somebody_of_whom_nothing_is_said_is_known_by_the_call_alone() -> None:
    assert of() == f"call:{CALL_ID}"


def test_of_a_call_without_an_id_there_is_no_key() -> None:
    assert key({}, "", KEY) == ("", None)


@given(DIGITS)
def test_all_spellings_of_a_number_are_one_customer(digits: str) -> None:
    assert len({of(number=spelling) for spelling in spelled(digits)}) == 1


@given(DIGITS, st.sampled_from(IDENTIFYING))
def test_no_key_carries_a_number(digits: str, name: str) -> None:
    for spelling in spelled(digits):
        assert digits not in re.sub(r"\D", "", of(**{name: spelling}).partition("~")[0])
        assert digits not in of(**{name: spelling})


@pytest.mark.parametrize(
    "value",
    [
        "ada@example.com",
        "Ada <ada@example.com>",
        "whatsapp:+15550100123",
        "user 4915112345678",
        "(415) 555 0100 Ada",
        "cust-415-555-0100",
        "u:4155550100",
        "x" * 500,
        "a\nb",
    ],
)
def test_an_id_that_is_an_address_or_does_not_fit_is_hashed(value: str) -> None:
    assert re.fullmatch(r"id~[0-9a-f]{32}", of(customerId=value))


@pytest.mark.parametrize("value", ["user_123", "42", "000000000000000000000001", "2024-01-15", "Zoë", CALL_ID])
def test_a_plain_id_is_shown_as_it_is(value: str) -> None:
    assert of(customerId=value) == f"id:{value}"


@pytest.mark.parametrize("spelling", ["Ada@Example.com", " ada@example.com ", "mailto:ada@example.com"])
def test_mail_addresses_are_compared_without_case(spelling: str) -> None:
    assert of(email=spelling) == of(email="ada@example.com")


@pytest.mark.parametrize(
    "spelling", ["SIP:Ada@example.com", "sips:ada@example.com;transport=tls", "<sip:ada@example.com>"]
)
def test_sip_addresses_are_compared_by_user_and_host(spelling: str) -> None:
    assert of(sipUri=spelling) == of(sipUri="sip:ada@example.com")


@pytest.mark.parametrize("number", ["+266696687", "anonymous", "", "+7378742833"])
def test_withheld_numbers_are_nobody_in_particular(number: str) -> None:
    assert of(number=number) == f"call:{CALL_ID}"


@pytest.mark.parametrize("blank", ["undefined", "null", "None", "[object Object]", "{{customerId}}"])
def test_what_a_program_writes_where_it_knows_nothing_is_no_id(blank: str) -> None:
    assert of(customerId=blank, email="ada@example.com") == of(email="ada@example.com")


def test_without_the_identity_key_nobody_can_try_out_numbers() -> None:
    assert key({"number": "+15550100123"}, CALL_ID, b"one") != key({"number": "+15550100123"}, CALL_ID, b"another")


@given(st.sampled_from(IDENTIFYING), st.text(max_size=300))
def test_any_text_makes_a_key(name: str, value: str) -> None:
    assert re.match(r"(id|ext)[:~]|(tel|sip|mail)~|call:", of(**{name: value}))
