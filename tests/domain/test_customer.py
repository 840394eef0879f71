"""The customer as one call states it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.catalog import Configured, build
from gateway.domain.customer import CallCustomer, Places
from gateway.domain.enums import Origin, Trust
from gateway.errors import SettingsInvalid
from tests.domain.documents import customer, decoded, problems, web_call

METADATA = [
    "metadata",
    "assistantOverrides.metadata",
    "squadOverrides.metadata",
    "assistant.metadata",
    "squad.membersOverrides.metadata",
    "customer.assistantOverrides.metadata",
    "customer.squadOverrides.metadata",
    "assistantOverrides.variableValues",
    "workflowOverrides.variableValues",
    "artifact.variableValues",
]
"""Where Vapi keeps what a team attached, as far as objects lead there."""


def at(path: str, value: Any) -> dict[str, Any]:
    """A document with a value at a path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    assert isinstance(value, dict)
    return value


def places(of: CallCustomer) -> dict[str, str]:
    """Where each attribute came from."""
    return {p.attribute: p.path for p in of.provenance}


@pytest.mark.parametrize("place", METADATA)
def test_a_customer_is_found_wherever_vapi_keeps_metadata(place: str) -> None:
    found = customer(at(place, {"customerId": "c-9", "customerName": "Ada"}))
    assert (found.customer_id, found.name, found.key) == ("c-9", "Ada", "id:c-9")
    assert places(found)["customerId"] == f"{place}.customerId"


def test_a_customer_is_found_in_the_members_of_a_squad_and_the_nodes_of_a_workflow() -> None:
    squad = {"squad": {"members": [{}, {"assistantOverrides": {"metadata": {"userId": "u-1"}}}]}}
    assert customer(squad).customer_id == "u-1"
    nodes = {"artifact": {"nodes": [{"variableValues": {"email": "ada@example.com"}}]}}
    assert customer(nodes).email == "ada@example.com"


@pytest.mark.parametrize(
    "spelling", ["customerId", "customer_id", "customerID", "userId", "user_id", "patientId", "patient_id", "lead_id"]
)
def test_the_common_spellings_of_an_id_are_known(spelling: str) -> None:
    assert customer(web_call(**{spelling: "c-9"})).customer_id == "c-9"


@pytest.mark.parametrize(
    ("metadata", "attribute", "value"),
    [
        ({"customer": {"id": "c-9", "name": "Ada"}}, "customer_id", "c-9"),
        ({"user": {"_id": "u-1"}}, "customer_id", "u-1"),
        ({"data": {"user": {"username": "ada"}}}, "name", "ada"),
        ({"customer_name": "Ada"}, "name", "Ada"),
        ({"name": "Ada"}, "name", "Ada"),
        ({"email": "ada@example.com"}, "email", "ada@example.com"),
        ({"phone": "+15550100123"}, "number", "+15550100123"),
        ({"externalId": "e-1"}, "external_id", "e-1"),
    ],
)
def test_each_attribute_has_its_spellings(metadata: dict[str, Any], attribute: str, value: str) -> None:
    assert getattr(customer(web_call(**metadata)), attribute) == value


def test_each_attribute_is_resolved_on_its_own_and_remembers_its_place() -> None:
    found = customer(
        {
            "type": "outboundPhoneCall",
            "customer": {"number": "+15550100123"},
            "metadata": {"customerId": 42},
            "assistantOverrides": {
                "metadata": {"customerId": "other", "name": "Ada"},
                "variableValues": {"email": "a@b.example"},
            },
        }
    )
    assert (found.customer_id, found.name, found.number, found.email) == ("42", "Ada", "+15550100123", "a@b.example")
    assert [(p.attribute, p.path, p.origin) for p in found.provenance] == [
        ("customerId", "metadata.customerId", Origin.METADATA),
        ("name", "assistantOverrides.metadata.name", Origin.METADATA),
        ("email", "assistantOverrides.variableValues.email", Origin.VARIABLES),
        ("number", "customer.number", Origin.EXPLICIT),
    ]


def test_vapis_own_fields_come_before_metadata() -> None:
    found = customer({"customer": {"name": "Ada"}, "metadata": {"customerName": "Bob"}})
    assert (found.name, places(found)["name"]) == ("Ada", "customer.name")


def test_vapis_own_id_counts_only_where_the_team_says_none() -> None:
    assert customer({"customerId": "vapi-1", "metadata": {"userId": "u-1"}}).customer_id == "u-1"
    assert customer({"customerId": "vapi-1"}).customer_id == "vapi-1"
    assert decoded({"customerId": "vapi-1", "metadata": {"userId": "u-1"}}).call.customer_id == "vapi-1"


def test_a_blank_text_says_nothing() -> None:
    found = customer({"customer": {"name": " "}, "metadata": {"name": "Ada"}})
    assert found.name == "Ada"


def test_an_object_where_a_text_was_expected_costs_that_attribute_only() -> None:
    odd = decoded(web_call(customerId={"a": 1}, name="Ada"))
    assert (odd.call.customer.customer_id, odd.call.customer.name) == (None, "Ada")
    assert problems(odd) == [("CallCustomer.customerId", "String", "object")]


def test_an_odd_value_does_not_hide_a_good_one_in_a_later_place() -> None:
    odd = decoded({"metadata": {"customerId": {}}, "assistantOverrides": {"metadata": {"customerId": "c-9"}}})
    assert odd.call.customer.customer_id == "c-9"
    assert odd.problems == ()


def test_an_odd_variable_is_no_loss() -> None:
    assert decoded({"artifact": {"variableValues": {"name": {"first": "Ada"}}}}).problems == ()


@pytest.mark.parametrize("metadata", [None, "text", 7, [], [1], True, {"name": None}])
def test_metadata_can_be_anything(metadata: Any) -> None:
    found = decoded({"type": "webCall", "metadata": metadata, "assistantOverrides": {"metadata": metadata}})
    assert found.call.customer.name is None
    assert found.problems == ()


def test_a_team_can_say_where_it_keeps_its_customers() -> None:
    own = Places(metadata=("metadata.account",), variables=())
    document = {"metadata": {"account": {"customerId": "right"}, "customerId": "wrong"}}
    assert customer(document, places=own).customer_id == "right"
    assert customer({"assistantOverrides": {"metadata": {"customerId": "unseen"}}}, places=own).customer_id is None


def test_a_team_can_say_how_it_spells_them() -> None:
    own = Places(keys={"customerId": ("memberNo",)})
    assert customer(web_call(memberNo=7, customerId="unseen"), places=own).customer_id == "7"


@pytest.mark.parametrize(
    ("own", "at"),
    [
        (Places(metadata=("a..b",)), ("customer", "metadata")),
        (Places(variables=("",)), ("customer", "variables")),
        (Places(keys={"name": ("[",)}), ("customer", "keys", "name")),
        (Places(keys={"shoeSize": ("shoes",)}), ("customer", "keys", "shoeSize")),
    ],
)
def test_places_that_cannot_be_used_are_refused_where_they_stand(own: Places, at: tuple[str, ...]) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        build({}, own)
    assert refused.value.at == at


def test_a_teams_own_attribute_is_looked_for_in_every_place() -> None:
    plan = Configured(name="planTier", type="String", description="The plan.")
    found = customer(web_call(plan_tier="pro"), plan)
    assert found.configured == {"planTier": "pro"}
    assert places(found)["planTier"] == "assistantOverrides.metadata.plan_tier"
    assert [p.trust for p in found.provenance] == [Trust.CLIENT]


def test_a_customer_of_whom_nothing_is_said_has_a_key_of_its_own() -> None:
    one, two = customer({"id": "11111111-0000-4000-8000-000000000000"}), customer({})
    assert one.key == "call:11111111-0000-4000-8000-000000000000" != two.key
