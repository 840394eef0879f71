"""The organisation that owns the calls: its assistants, squads, phone numbers and structured outputs."""

from __future__ import annotations

import dataclasses
from functools import cached_property

from gateway.simulator import ids
from gateway.simulator.chance import numbered, weighted
from gateway.simulator.customers import JsonObject
from gateway.simulator.moments import DAY, iso

ASSISTANTS = (
    "Front Desk", "Booking", "Billing Support", "Onboarding Coach", "Survey", "Order Status", "Intake Nurse",
    "Collections", "Recepción", "Sales Qualifier", "Interview Practice", "After Hours",
)  # fmt: skip
ASSISTANT_SHARES = (22, 18, 13, 11, 9, 7, 6, 5, 4, 2, 2, 1)
SQUADS = ("Triage and Booking", "Support Tiers")
NUMBERS = (
    ("twilio", "Main line"),
    ("twilio", "Campaigns"),
    ("vapi", "Support line"),
    ("vapi", "SIP trunk"),
    ("telnyx", "Europe"),
    ("vonage", "Old line"),
)
OUTPUTS = ("booked", "Customer Support Ticket", "satisfaction", "Next Step", "topics")
SIP_NUMBER = 3


@dataclasses.dataclass(frozen=True)
class Organisation:
    """Everything that calls refer to; created ``anchor`` minus some days."""

    seed: int
    anchor: int

    @cached_property
    def id(self) -> str:
        """The ``orgId`` of every row."""
        return ids.v4(numbered(self.seed, "organisation"))

    @cached_property
    def assistant_ids(self) -> tuple[str, ...]:
        """The saved assistants, the busiest first."""
        return self._ids("assistant", len(ASSISTANTS))

    @cached_property
    def squad_ids(self) -> tuple[str, ...]:
        """The saved squads."""
        return self._ids("squad", len(SQUADS))

    @cached_property
    def phone_number_ids(self) -> tuple[str, ...]:
        """The phone numbers; the one at ``SIP_NUMBER`` is reached over SIP."""
        return self._ids("phone number", len(NUMBERS))

    @cached_property
    def output_ids(self) -> tuple[str, ...]:
        """The structured outputs, in the order of ``OUTPUTS``."""
        return self._ids("structured output", len(OUTPUTS))

    def assistant_of(self, key: int) -> str:
        """The assistant that takes a call."""
        position = weighted(key, "assistant", tuple(enumerate(ASSISTANT_SHARES)))
        return self.assistant_ids[position]

    def assistant_name(self, identifier: str | None) -> str:
        """The name of a saved assistant; a transient one is called Guide."""
        if identifier not in self.assistant_ids:
            return "Guide"
        return ASSISTANTS[self.assistant_ids.index(identifier)]

    def provider(self, identifier: str | None) -> str:
        """Who carries the calls of a phone number; an unknown number is Twilio's."""
        if identifier not in self.phone_number_ids:
            return "twilio"
        return NUMBERS[self.phone_number_ids.index(identifier)][0]

    @cached_property
    def assistants(self) -> list[JsonObject]:
        """The rows of ``GET /assistant``."""
        return [self._assistant(position) for position in range(len(ASSISTANTS))]

    @cached_property
    def squads(self) -> list[JsonObject]:
        """The rows of ``GET /squad``."""
        return [self._squad(position) for position in range(len(SQUADS))]

    @cached_property
    def phone_numbers(self) -> list[JsonObject]:
        """The rows of ``GET /phone-number``."""
        return [self._phone_number(position) for position in range(len(NUMBERS))]

    def _ids(self, family: str, count: int) -> tuple[str, ...]:
        return tuple(ids.v4(numbered(self.seed, family, n)) for n in range(count))

    def _row(self, identifier: str, position: int) -> JsonObject:
        created = self.anchor - (300 - 7 * position) * DAY
        return {
            "id": identifier,
            "orgId": self.id,
            "createdAt": iso(created),
            "updatedAt": iso(created + 5 * DAY),
        }

    def _assistant(self, position: int) -> JsonObject:
        name = ASSISTANTS[position]
        row = self._row(self.assistant_ids[position], position)
        prompt = f"You are {name} of Example Clinic. Be brief."
        return row | {
            "name": name,
            "voice": {"provider": "vapi", "voiceId": "Elliot"},
            "model": {
                "provider": "openai",
                "model": "gpt-4.1",
                "messages": [{"role": "system", "content": prompt}],
            },
            "transcriber": {"provider": "deepgram", "model": "nova-3", "language": "multi"},
            "firstMessage": f"Hello, this is {name}. How can I help?",
            "server": {"url": "https://hooks.example.invalid/vapi", "timeoutSeconds": 20},
            **({"metadata": {"team": "clinic", "tier": position}} if position % 4 == 1 else {}),
        }

    def _squad(self, position: int) -> JsonObject:
        members = self.assistant_ids[2 * position : 2 * position + 3]
        return self._row(self.squad_ids[position], position) | {
            "name": SQUADS[position],
            "members": [{"assistantId": member} for member in members],
        }

    def _phone_number(self, position: int) -> JsonObject:
        provider, name = NUMBERS[position]
        row = self._row(self.phone_number_ids[position], position)
        row |= {"provider": provider, "name": name, "status": "active"}
        row["assistantId"] = self.assistant_ids[position]
        if position == SIP_NUMBER:
            return row | {"sipUri": "sip:frontdesk@sip.example.invalid"}
        row["number"] = f"+1555900{position:04}"
        if provider == "twilio":
            row |= {"twilioAccountSid": "ACfake0000", "twilioAuthToken": "fake-twilio-auth-token"}
        return row
