"""Answers: a call together with how current it is."""

from __future__ import annotations

import dataclasses

from gateway.domain.artifact import PresignedUrls
from gateway.domain.call import Call
from gateway.domain.customer import CallCustomer
from gateway.domain.stamp import Freshness


@dataclasses.dataclass(frozen=True, slots=True)
class CallAnswer:
    """What is given to whoever asked for a call.

    ``presigned`` are the addresses that upstream made for this very answer; None where it came from memory. They die
    within half an hour and open a recording to anybody: an answer is not kept for longer than the request it is for.
    """

    call: Call
    freshness: Freshness
    presigned: PresignedUrls | None = dataclasses.field(default=None, repr=False)


def outline(call: Call) -> Call:
    """What is left of a call that upstream has deleted: ids, times and cost, nothing of a person or a conversation."""
    return Call(
        id=call.id,
        org_id=call.org_id,
        type=call.type,
        status=call.status,
        ended_reason=call.ended_reason,
        ended_reason_category=call.ended_reason_category,
        created_at=call.created_at,
        updated_at=call.updated_at,
        started_at=call.started_at,
        ended_at=call.ended_at,
        duration_seconds=call.duration_seconds,
        cost=call.cost,
        assistant_id=call.assistant_id,
        customer=CallCustomer(key=f"call:{call.id}"),
    )
