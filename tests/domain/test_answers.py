"""What is left of a call that upstream has deleted."""

from __future__ import annotations

from gateway.domain.answers import outline
from tests.domain.documents import CALL_ID, decoded

CALL = decoded(
    {
        "type": "webCall",
        "status": "ended",
        "endedReason": "customer-ended-call",
        "cost": 0.5,
        "name": "Ada's call",
        "customer": {"name": "Ada", "number": "+15550100123"},
        "metadata": {"customerId": "ada"},
        "artifact": {"transcript": "AI: Hello Ada."},
        "analysis": {"summary": "Ada rang."},
    }
).call


def test_the_outline_keeps_times_and_cost() -> None:
    left = outline(CALL)
    assert (left.id, left.status, left.cost, left.ended_reason_category) == (CALL_ID, "ended", 0.5, "customer-ended")


def test_the_outline_says_nothing_of_a_person_or_a_conversation() -> None:
    assert "Ada" not in repr(outline(CALL))
    assert outline(CALL).customer.key == f"call:{CALL_ID}"
    assert outline(CALL).document is None
