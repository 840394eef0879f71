"""Answers: a call together with how current it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final, TypeAlias, overload

from gateway.domain.artifact import PresignedUrls
from gateway.domain.call import Call
from gateway.domain.customer import CallCustomer
from gateway.domain.stamp import Freshness

Row: TypeAlias = "tuple[Call, int | None, int]"


@dataclasses.dataclass(slots=True)
class CallAnswer:
    """What is given to whoever asked for a call; nobody changes it. (Frozen, it would take thrice as long to make one.)

    ``version`` is the number of this reading of the call in this process: what was made of it once, for a version, need
    not be made again. ``presigned`` are the addresses that upstream made for this very answer; None where it came from
    memory. They die within half an hour and open a recording to anybody: an answer is not kept for longer than the
    request it is for.
    """

    call: Call
    freshness: Freshness
    version: int | None = None
    presigned: PresignedUrls | None = dataclasses.field(default=None, repr=False)


class Answers(Sequence[CallAnswer | None]):
    """The calls of a list, None for one that is gone; an answer is made of a row where one is asked for.

    A row is a call, its version, and the number of what is ``told`` of its freshness: few things, which many calls
    share. Whoever goes through a whole list need not make a hundred answers of it.
    """

    __slots__ = ("rows", "told")

    def __init__(self, rows: Sequence[Row | None], told: Sequence[Freshness]) -> None:
        self.rows = rows
        self.told = told

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> CallAnswer | None: ...
    @overload
    def __getitem__(self, at: slice) -> Answers: ...
    def __getitem__(self, at: int | slice) -> CallAnswer | Answers | None:
        if isinstance(at, slice):
            return Answers(self.rows[at], self.told)
        row = self.rows[at]
        return row and CallAnswer(row[0], self.told[row[2]], row[1])

    @property
    def has_gaps(self) -> bool:
        """Whether a call is gone."""
        return None in self.rows


OUTLINE: Final = (
    "id",
    "org_id",
    "type",
    "status",
    "ended_reason",
    "ended_reason_category",
    "created_at",
    "updated_at",
    "started_at",
    "ended_at",
    "duration_seconds",
    "cost",
    "assistant_id",
)
"""What is left of a call that is gone: attributes of the call itself, whose flat names are the same."""


def outline(call: Call) -> Call:
    """What is left of a call that upstream has deleted: id, times, cost; nothing of a person or a conversation."""
    left: dict[str, Any] = {name: getattr(call, name) for name in OUTLINE}
    return Call(**left, customer=CallCustomer(key=f"call:{call.id}"))
