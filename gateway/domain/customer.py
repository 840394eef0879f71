"""The customer as one call states it, and the places where calls state it.

On web calls Vapi's SDK cannot pass a customer; teams write it into the metadata of the assistant's overrides, each in
its own spelling. So every attribute is looked for on its own, in an ordered list of places: Vapi's own fields first,
then each spelling in each object where a team's metadata is seen, then among variable values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from gateway.domain.attributes import Id, Sensitivity, Use, attribute
from gateway.domain.enums import Origin, Trust

_WHO = Use.FILTER | Use.SORT | Use.GROUP | Use.EXPORT


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where one attribute of the customer came from."""

    attribute: str
    path: str
    origin: Origin
    trust: Trust


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallCustomer:
    """What one call says of its customer.

    A value, not an entity: another call may say something else of the same person.
    """

    provenance: tuple[Provenance, ...] = ()
    configured: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What attributes declared in the settings say, by their name."""

    key: Id = attribute(
        doc="Who the customer is across calls: opaque, the same for all calls of one customer.",
        flat="customer_key",
        sensitivity=Sensitivity.PUBLIC,  # it stands in for whatever may not be shown
        use=_WHO | Use.INDEX,
        computed=True,
        default="",
    )
    key_trust: str | None = attribute(
        doc="Who could have written what the key is made of; null where nothing says who it was.",
        flat="customer_key_trust",
        sensitivity=Sensitivity.PUBLIC,
        values=Trust,
        use=_WHO,
        computed=True,
    )
    customer_id: str | None = attribute(
        keys=(
            "customerId",
            "customer_id",
            "customerID",
            "customer.id",
            "customer._id",
            "customer.customerId",
            "customer.customer_id",
            "userId",
            "user_id",
            "userID",
            "user.id",
            "user._id",
            "user.userId",
            "data.customer.id",
            "data.user.id",
            "data.user._id",
            "patientId",
            "patient_id",
            "leadId",
            "lead_id",
            "contactId",
            "contact_id",
            "clientId",
            "client_id",
        ),
        fallback=("customerId",),  # names a record at Vapi: it counts only where the team says nothing
        doc="The team's own id of the customer.",
        flat="customer_id",
        use=_WHO,
    )
    name: str | None = attribute(
        keys=(
            "customerName",
            "customer_name",
            "customer.name",
            "customer.fullName",
            "fullName",
            "full_name",
            "userName",
            "user_name",
            "user.name",
            "user.fullName",
            "user.username",
            "data.customer.name",
            "data.user.name",
            "data.user.username",
            "patientName",
            "patient_name",
            "leadName",
            "lead_name",
            "contactName",
            "contact_name",
            "name",
            "username",
        ),
        doc="The customer's name.",
        use=_WHO,
    )
    email: str | None = attribute(
        keys=(
            "email",
            "customerEmail",
            "customer_email",
            "customer.email",
            "userEmail",
            "user_email",
            "user.email",
            "data.customer.email",
            "data.user.email",
            "emailAddress",
            "email_address",
        ),
        doc="The customer's e-mail address.",
        use=_WHO,
    )
    number: str | None = attribute(
        keys=(
            "customerNumber",
            "customer_number",
            "customer.number",
            "customer.phone",
            "customerPhone",
            "customer_phone",
            "phone",
            "phone_number",
            "user.phone",
            "data.user.phone",
            "mobile",
        ),
        doc="The customer's phone number.",
        unit="E.164",
        use=_WHO,
    )
    number_e164_check_enabled: bool | None = attribute(
        doc="Whether Vapi checks that the number is E.164; by default it does."
    )
    sip_uri: str | None = attribute(
        keys=("sipUri", "sip_uri", "customer.sipUri"), doc="The customer's SIP address.", use=_WHO
    )
    extension: str | None = attribute(
        keys=("customer.extension",), doc="Dialled after the call is answered.", use=Use.EXPORT
    )
    external_id: str | None = attribute(
        keys=("externalId", "external_id", "customer.externalId", "customer.external_id"),
        doc="The customer's id in another system of the team's.",
        use=_WHO,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where in a call a team's own data about the customer is seen, in order of trust, and who is who."""

    metadata: tuple[str, ...] = (
        "metadata",
        "customer.assistantOverrides.metadata",
        "customer.squadOverrides.metadata",
        "assistantOverrides.metadata",
        "squadOverrides.metadata",
        "assistant.metadata",
        "squad.membersOverrides.metadata",
        "squad.members[].assistantOverrides.metadata",
        "squad.members[].assistant.metadata",
    )
    variables: tuple[str, ...] = (
        "customer.assistantOverrides.variableValues",
        "assistantOverrides.variableValues",
        "squadOverrides.variableValues",
        "workflowOverrides.variableValues",
        "artifact.variableValues",
        "artifact.variables",
        "artifact.nodes[].variableValues",
    )
    keys: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Spellings by attribute that replace the declared ones."""
    alias: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Keys of customers → another key of the same person."""


IDENTIFYING: Final = ("customerId", "externalId", "number", "sipUri", "email")
"""The attributes that say who somebody is, the strongest first."""
