"""Calls as upstream would tell them, and what is observed of them: the material of the tests of mirrors."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from gateway.domain.catalog import Catalog, Configured, build
from gateway.domain.decode import decoder
from gateway.domain.observations import Absence, Erasure, Fact, Notice, Projection, Snapshot
from gateway.domain.projection import projector
from gateway.domain.revisions import revision
from gateway.domain.values import instant
from gateway.ports import Document
from gateway.store.packing import digest, pack

CATALOG: Final[Catalog] = build(
    {
        "customer": [
            Configured(name="plan", type="String", description="The plan.", keys=("plan",)),
            Configured(name="tags", type="[String]", description="Labels.", keys=("tags",)),
        ]
    }
)
NOON: Final = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

_decode = decoder(CATALOG, b"the identity key of these tests.")
_project = projector(CATALOG)


def project(document: Document) -> Projection:
    """What the tables hold of a document."""
    return _project(_decode(document).call)


def at(minutes: float) -> dt.datetime:
    """A moment, counted from noon."""
    return NOON + minutes * dt.timedelta(minutes=1)


def wire(minutes: float) -> str:
    """The same, as Vapi writes it."""
    return at(minutes).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def call_id(number: int) -> str:
    """An id that tells no time."""
    return f"00000000-0000-4000-8000-{number:012d}"


def document(number: int = 1, *, updated: float = 0, created: float = 0, **stated: Any) -> dict[str, Any]:
    """A call; what is stated of its customer stands in its metadata."""
    of_customer = {key: stated.pop(key) for key in ("customerId", "customerName", "plan", "tags") if key in stated}
    made = {"id": call_id(number), "createdAt": wire(created), "updatedAt": wire(updated), "status": "ended"}
    return {**made, **({"metadata": of_customer} if of_customer else {}), **stated}


def said(transcript: str) -> dict[str, Any]:
    """The part of a document that holds this conversation."""
    return {"artifact": {"transcript": transcript, "messages": [{"role": "user", "message": transcript}]}}


def snapshot(of: dict[str, Any], read: float) -> Snapshot:
    """A document that was read."""
    return Snapshot(
        call_id=of["id"],
        revision=revision(instant(of.get("updatedAt")), at(read)),
        digest=digest(of),
        body=pack(of),
        projection=project(of),
    )


def notice(number: int = 1, *, received: float, sent: float | None = None, **facts: Any) -> Notice:
    """What a webhook says; it was sent when it was received, if nothing else is stated."""
    when = at(received if sent is None else sent)
    return Notice(call_id=call_id(number), facts={name: Fact(when, at(received), fact) for name, fact in facts.items()})


def absence(number: int = 1, *, noticed: float, deleted: bool = True) -> Absence:
    """Upstream does not have the call."""
    return Absence(call_id=call_id(number), noticed_at=at(noticed), deleted=deleted)


def erasure(number: int = 1) -> Erasure:
    """Whoever the call is about is to be forgotten."""
    return Erasure(call_id(number))
