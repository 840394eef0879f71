"""The catalog as a whole: what must hold for every attribute, and what of Vapi's call it reaches."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator

import pytest
from vapi.types.artifact import Artifact as SdkArtifact
from vapi.types.call import Call as SdkCall

from gateway.domain import artifact, assistants, call, conversation, costs, customer, customers, enums
from gateway.domain.attributes import Attribute, Kind, Sensitivity, Use
from gateway.domain.catalog import Configured, Record, build
from gateway.domain.enums import ClosedSet
from gateway.errors import SettingsInvalid

CATALOG = build()
RECORDS = (artifact, assistants, call, conversation, costs, customer, customers)

NOT_READ_OF_A_CALL = {
    "artifactPlan": "only the answer that creates a web call has it; Vapi keeps none",
}
UNLISTED = {
    "metadata",
    "transcript",
    "summary",
    "recordingUrl",
    "stereoRecordingUrl",
    "maxDurationSeconds",
    "forwardedPhoneNumber",
    "phoneCallProviderBypassEnabled",
    "phoneCallProviderDetails",
    "subscriptionLimits",
    "twilioCallSid",
    "messagesOpenAIFormatted",
    "durationSeconds",
}
"""Keys that real calls have and no schema of Vapi's lists. Left out of them: ``webCallUrl`` and ``webCallSipUri`` let
anybody into the room, ``assistantOverride`` is always null, ``twilioCallStatus`` was given up in 2024."""


def attributes() -> Iterator[tuple[Record, Attribute]]:
    """Every attribute with its record."""
    return ((record, attribute) for record in CATALOG.records.values() for attribute in record.attributes)


def first_keys(below: str | None = None) -> set[str]:
    """The keys of a call, or of one of its objects, at which something is looked for."""
    paths = [p.keys for _, a in attributes() for p in (*a.paths, *a.fallback)]
    paths += [place.keys for place in CATALOG.places]
    if below is None:
        return {keys[0] for keys in paths}
    return {keys[1] for keys in paths if keys[0] == below and len(keys) > 1}


def on_the_wire(model: type) -> set[str]:
    """The keys of one of the SDK's models, as JSON has them."""
    fields = model.model_fields  # type: ignore[attr-defined]
    return {field.alias or name for name, field in fields.items()}


def test_flat_names_are_unique() -> None:
    flats = [attribute.flat for attribute in CATALOG.columns()]
    assert sorted(flats) == sorted(set(flats))
    assert len(flats) > 140


def test_flat_names_are_parent_and_name_in_snake_case() -> None:
    flats = {attribute.flat for attribute in CATALOG.columns()}
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", flat) for flat in flats)
    assert {"id", "status", "cost", "cost_breakdown_total", "artifact_transcript", "analysis_summary"} <= flats
    assert {"customer_key", "customer_name", "customer_id", "customer_number", "vapi_customer_id"} <= flats


def test_every_key_of_a_call_that_the_sdk_knows_is_read() -> None:
    assert on_the_wire(SdkCall) - first_keys() == set(NOT_READ_OF_A_CALL)


def test_every_key_of_an_artifact_that_the_sdk_knows_is_read() -> None:
    assert on_the_wire(SdkArtifact) - first_keys("artifact") == set()


def test_the_keys_that_no_schema_lists_are_read_too() -> None:
    assert first_keys() >= UNLISTED


def test_everything_is_described_in_a_sentence() -> None:
    for record, attribute in attributes():
        assert attribute.doc.endswith((".", "…")), f"{record.name}.{attribute.name}"
    for record in CATALOG.records.values():
        assert record.doc.endswith("."), record.name


def test_every_member_of_every_closed_set_is_described() -> None:
    sets = [
        of for of in vars(enums).values() if inspect.isclass(of) and issubclass(of, ClosedSet) and of is not ClosedSet
    ]
    assert len(sets) == 7
    for of in sets:
        assert (of.__doc__ or "").endswith(".")
        assert all(member.doc.endswith((".", "has it.")) for member in of)


def test_every_closed_set_of_a_call_has_a_place_for_what_is_new() -> None:
    stated = (attribute for _, attribute in attributes() if attribute.values and not attribute.computed)
    assert all("UNKNOWN" in attribute.values.__members__ for attribute in stated if attribute.values)


def test_every_record_that_is_declared_is_in_the_catalog() -> None:
    declared = {
        name
        for module in RECORDS
        for name, value in vars(module).items()
        if dataclasses.is_dataclass(value) and any(field.metadata for field in dataclasses.fields(value))
    }
    assert declared == set(CATALOG.records)


def test_fields_have_the_names_that_vapi_gives_them() -> None:
    """But for identities, whose paths differ, a built-in field bears the last key of its first place."""
    renamed = {
        f"{record.name}.{a.name}": str(a.paths[0].keys[-1])
        for record, a in attributes()
        if a.paths and a.exposed and a.paths[0].keys[-1] not in (a.name, "tool_calls", "tool_call_id")
    }
    assert renamed == {}


def test_sensitivity_follows_the_parent_unless_it_is_stated() -> None:
    of = {f"{record.name}.{a.name}": a.sensitivity for record, a in attributes()}
    assert {a.sensitivity for a in CATALOG.customer.attributes if not a.computed} == {Sensitivity.PERSONAL}
    assert of["CallCustomer.key"] is Sensitivity.PUBLIC
    assert of["Artifact.transcript"] is of["Analysis.summary"] is of["UserMessage.message"] is Sensitivity.CONTENT
    assert of["Call.metadata"] is of["AssistantOverrides.variableValues"] is Sensitivity.PERSONAL
    assert of["Call.status"] is of["CostBreakdown.total"] is Sensitivity.PUBLIC
    assert of["Artifact.recordingUrl"] is of["MonoRecording.customerUrl"] is Sensitivity.RECORDING
    assert of["PresignedUrls.presignedMonoUrl"] is Sensitivity.RECORDING
    assert of["Call.document"] is Sensitivity.DOCUMENT


def test_only_numbers_are_measured_and_money_is_in_usd() -> None:
    for record, a in attributes():
        assert Use.MEASURE not in a.use or a.kind in (Kind.INT, Kind.FLOAT), f"{record.name}.{a.name}"
        if a.name == "cost" or (record.name == "CostBreakdown" and a.kind is Kind.FLOAT):
            assert a.unit == "USD"


def test_the_catalog_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CATALOG.records["Call"] = CATALOG.call  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        CATALOG.places = ()  # type: ignore[misc]


def test_two_catalogs_live_side_by_side() -> None:
    plan = Configured(name="plan", type="enum", values=("free",), description="The plan.")
    tier = Configured(name="plan", type="Int", description="The plan, by its number.")
    one, two = build({"customer": [plan]}), build({"customer": [tier]})
    kinds = [next(a.kind for a in catalog.customer.attributes if a.name == "plan") for catalog in (one, two)]
    assert kinds == [Kind.ENUM, Kind.INT]
    assert all(a.name != "plan" for a in build().customer.attributes)


@pytest.mark.parametrize(
    ("own", "at", "why"),
    [
        ({"customer": ["name"]}, ("customer", 0, "name"), "“name” is a field of"),
        ({"customer": ["key"]}, ("customer", 0, "name"), "“key” is a field of"),
        ({"call": ["freshness"]}, ("call", 0, "name"), "“freshness” is a field of"),
        ({"customer": ["plan", "plan"]}, ("customer", 1, "name"), "“plan” is a field of"),
        ({"call": ["statusRaw"]}, ("call", 0, "name"), "“statusRaw” is a field of"),
        ({"call": ["customerName"]}, ("call", 0, "name"), "flat name “customer_name” is taken"),
        ({"call": ["customerKey"]}, ("call", 0, "name"), "flat name “customer_key” is taken"),
        (
            {"call": ["customerPlan"], "customer": ["plan"]},
            ("customer", 0, "name"),
            "flat name “customer_plan” is taken",
        ),
    ],
)
def test_a_name_that_is_taken_is_refused_where_it_stands(
    own: dict[str, list[str]], at: tuple[str | int, ...], why: str
) -> None:
    declared = {
        parent: [
            Configured(
                name=name,
                type="String",
                description="Of ours.",
                paths=("metadata.x",) if parent == "call" else (),
                at=(parent, index),
            )
            for index, name in enumerate(names)
        ]
        for parent, names in own.items()
    }
    with pytest.raises(SettingsInvalid, match=re.escape(why)) as refused:
        build(declared)
    assert refused.value.at == at


@pytest.mark.parametrize("name", ["status", "type", "connection", "filter", "edge", "customer"])
def test_an_enum_whose_type_would_clash_is_refused(name: str) -> None:
    own = Configured(name=name, type="enum", values=("a",), description="Of ours.", paths=("metadata.x",), flat="own")
    with pytest.raises(SettingsInvalid):
        build({"call": [own]})


def test_two_enums_cannot_share_a_type_name() -> None:
    one = Configured(name="customerPlan", type="enum", values=("a",), description="Of ours.", paths=("metadata.x",))
    two = Configured(name="plan", type="enum", values=("a",), description="Of ours.", flat="customer_plan_2")
    with pytest.raises(SettingsInvalid, match="CallCustomerPlan"):
        build({"call": [one], "customer": [two]})
