"""Who spoke for the team: assistants, squads, workflows and numbers, as far as the call itself states them."""

from __future__ import annotations

import dataclasses

from gateway.domain.attributes import Json, Sensitivity, Use, attribute


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """An assistant that was defined for this call alone."""

    name: str | None = attribute(doc="Its name.", use=Use.GROUP | Use.EXPORT)
    first_message: str | None = attribute(doc="How it opens.", sensitivity=Sensitivity.CONTENT)
    model: Json = attribute(doc="Its language model, prompt included.", sensitivity=Sensitivity.CONTENT)
    voice: Json = attribute(doc="Its voice.")
    transcriber: Json = attribute(doc="Its transcriber.")
    metadata: Json = attribute(doc="What the team attached to it.", sensitivity=Sensitivity.PERSONAL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AssistantOverrides:
    """What was changed of the assistant for this call; on web calls, where the customer is written."""

    name: str | None = attribute(doc="Another name.")
    first_message: str | None = attribute(doc="Another opening.", sensitivity=Sensitivity.CONTENT)
    metadata: Json = attribute(
        doc="What the team attached to the call, often from a browser.",
        sensitivity=Sensitivity.PERSONAL,
    )
    variable_values: Json = attribute(doc="The values of template variables.", sensitivity=Sensitivity.PERSONAL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Squad:
    """A squad that was defined for this call alone."""

    name: str | None = attribute(doc="Its name.", use=Use.GROUP | Use.EXPORT)
    members: Json = attribute(doc="Its assistants.", sensitivity=Sensitivity.CONTENT)
    members_overrides: Json = attribute(doc="What was changed of all its assistants.", sensitivity=Sensitivity.PERSONAL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SquadOverrides:
    """What was changed of the squad for this call."""

    metadata: Json = attribute(doc="What the team attached to the call.", sensitivity=Sensitivity.PERSONAL)
    variable_values: Json = attribute(doc="The values of template variables.", sensitivity=Sensitivity.PERSONAL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow that was defined for this call alone."""

    name: str | None = attribute(doc="Its name.", use=Use.GROUP | Use.EXPORT)
    nodes: Json = attribute(doc="Its nodes.", sensitivity=Sensitivity.CONTENT)
    edges: Json = attribute(doc="The ways between them.", sensitivity=Sensitivity.CONTENT)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowOverrides:
    """What was changed of the workflow for this call."""

    variable_values: Json = attribute(doc="The values of template variables.", sensitivity=Sensitivity.PERSONAL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PhoneNumber:
    """The team's number, where the call itself states it."""

    number: str | None = attribute("number", "twilioPhoneNumber", doc="The number.", unit="E.164")
    name: str | None = attribute(doc="Its name.")
    provider: str | None = attribute(doc="Whose it is: twilio, vonage, vapi, …")
    extension: str | None = attribute(doc="Its extension.")
    sip_uri: str | None = attribute(doc="Its SIP address.")
