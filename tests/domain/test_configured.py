"""Attributes that a team declares in its settings."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gateway.domain.attributes import Kind, Sensitivity, Use
from gateway.domain.catalog import Configured, build
from gateway.domain.configured import CONFIGURABLE, attribute_of
from gateway.errors import SettingsInvalid
from tests.domain.documents import customer, decoded, web_call


def declared(**stated: Any) -> Configured:
    """A declaration of a customer's attribute, usable unless the test states otherwise."""
    return Configured(**{"name": "plan", "type": "String", "description": "The plan.", "at": ("x",)} | stated)


def test_a_declaration_becomes_an_attribute_like_any_other() -> None:
    made = attribute_of(
        declared(type="Float", unit="USD", use=("measure", "export"), paths=("metadata.mrr",), keys=("mrr",)),
        of="CallCustomer",
        prefix="customer",
        sensitivity=Sensitivity.PERSONAL,
    )
    assert (made.name, made.flat, made.kind, made.unit) == ("plan", "customer_plan", Kind.FLOAT, "USD")
    assert (made.sensitivity, made.use, made.configured) == (Sensitivity.PERSONAL, Use.MEASURE | Use.EXPORT, True)
    assert ([p.text for p in made.paths], [p.text for p in made.keys]) == (["metadata.mrr"], ["mrr"])


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("String", 7, "7"),
        ("Int", "7", 7),
        ("Float", 7.5, 7.5),
        ("Boolean", "true", True),
        ("DateTime", "2026-08-19T12:00:00Z", dt.datetime(2026, 8, 19, 12, tzinfo=dt.UTC)),
        ("enum", "pro", "pro"),
        ("[String]", ["a", "b"], ("a", "b")),
    ],
)
def test_every_type_that_can_be_declared_is_read(kind: str, value: Any, read: Any) -> None:
    own = declared(type=kind, values=("free", "pro") if kind == "enum" else ())
    assert customer(web_call(plan=value), own).configured == {"plan": read}


def test_these_are_all_the_types_that_can_be_declared() -> None:
    assert set(CONFIGURABLE) == {"String", "Int", "Float", "Boolean", "DateTime", "enum", "[String]"}


def test_the_members_of_an_enum_are_named_after_its_values() -> None:
    own = declared(type="enum", values=("free", "premium-plus", "premiumMax", "2nd"))
    (made,) = (a for a in build({"customer": [own]}).customer.attributes if a.configured)
    assert made.values is not None
    assert list(made.values.__members__) == ["FREE", "PREMIUM_PLUS", "PREMIUM_MAX", "_2ND", "UNKNOWN"]
    assert made.values.of("premium-plus").name == "PREMIUM_PLUS"
    assert made.values.of("gold").name == "UNKNOWN"
    assert all(member.doc for member in made.values)


def test_an_odd_value_of_a_teams_own_attribute_costs_that_attribute_only() -> None:
    own = declared(type="Int")
    odd = decoded(web_call(plan="pro", name="Ada"), build({"customer": [own]}))
    assert (odd.call.customer.configured, odd.call.customer.name) == ({}, "Ada")
    assert [(p.attribute, p.expected, p.found) for p in odd.problems] == [("CallCustomer.plan", "Int", "string")]


@pytest.mark.parametrize(
    ("stated", "key"),
    [
        ({"name": "Plan"}, "name"),
        ({"name": "plan_tier"}, "name"),
        ({"name": "__plan"}, "name"),
        ({"name": ""}, "name"),
        ({"type": "Money"}, "type"),
        ({"type": "JSON"}, "type"),
        ({"description": " "}, "description"),
        ({"paths": ("a..b",)}, "paths"),
        ({"keys": ("a[",)}, "keys"),
        ({"sensitivity": "hidden"}, "sensitivity"),
        ({"use": ("sort", "eat")}, "use"),
        ({"use": ("measure",)}, "use"),
        ({"flat": "Customer Plan"}, "flat"),
        ({"values": ("a",)}, "values"),
        ({"type": "enum"}, "values"),
        ({"type": "enum", "values": ("a", "A")}, "values"),
        ({"type": "enum", "values": ("unknown",)}, "values"),
        ({"type": "enum", "values": ("true",)}, "values"),
        ({"type": "enum", "values": ("",)}, "values"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_key(stated: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        build({"customer": [declared(**stated)]})
    assert refused.value.at == ("x", key)
    assert str(refused.value).startswith("attribute “")


@pytest.mark.parametrize(("stated", "key"), [({}, "paths"), ({"paths": ("a",), "keys": ("b",)}, "keys")])
def test_an_attribute_of_the_call_has_paths_and_no_keys(stated: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        build({"call": [declared(**stated)]})
    assert refused.value.at == ("x", key)


def test_what_is_secret_gets_no_field_and_no_provenance() -> None:
    own = declared(name="score", sensitivity="secret")
    attribute = attribute_of(own, of="CallCustomer", prefix="customer", sensitivity=Sensitivity.PERSONAL)
    assert not attribute.exposed
    stated = customer({"metadata": {"score": "7", "email": "ada@example.com"}}, own)
    assert [place.attribute for place in stated.provenance] == ["email"]


def test_an_attribute_of_several_texts_takes_all_that_a_path_leads_to() -> None:
    tags = declared(name="tags", type="[String]", paths=("metadata.items[].tags",), keys=("orders[].name",))
    both = customer({"metadata": {"items": [{"tags": ["a", "b"]}, {"tags": "c"}], "orders": [{"name": "x"}]}}, tags)
    assert both.configured["tags"] == ("a", "b", "c")
    spelled = customer({"metadata": {"orders": [{"name": "x"}, {"name": "y"}]}}, tags)
    assert spelled.configured["tags"] == ("x", "y")
