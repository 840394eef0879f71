"""Applying: which rows of the mirror follow from what was learned of calls.

What observations come to is decided by `gateway.domain.mirrored`; this says what that means for the tables. All of it
is pure: the rows that are there go in, the rows that are to be there come out.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from gateway.domain import identifiers
from gateway.domain.answers import OUTLINE
from gateway.domain.content import Strip
from gateway.domain.customers import SINGLE_CALL
from gateway.domain.mirrored import (
    GONE,
    LISTED,
    Course,
    Mirrored,
    State,
    course,
    facts_of_json,
    facts_to_json,
    overlaid,
)
from gateway.domain.observations import Absence, Erasure, Facts, Observation, Projection, Snapshot
from gateway.domain.redaction import Redact
from gateway.domain.revisions import Revision
from gateway.ports import Document
from gateway.store.contributions import Row
from gateway.store.holdings import Holding
from gateway.store.packing import unpack
from gateway.store.rewriting import REMEMBERED, Rewriting
from gateway.store.storable import Fit, Values

Project: TypeAlias = Callable[[Document], Projection]
"""What the tables hold of a document."""

OWN: Final = (
    "mirror_number",
    "id",
    "mirror_change",
    "mirror_state",
    "mirror_digest",
    "mirror_holds",
    *REMEMBERED,
)
"""The columns of a call's row that are no attributes."""

UNSEEN: Final = 0
"""The change number of a call that no reader has seen: only webhooks have told of it."""

_BEGINNING: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EVER: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How documents become rows: redact and project them, fit values to the columns, strip content.

    ``content`` are the columns that are content.
    """

    redact: Redact
    project: Project
    fit: Fit
    strip: Strip
    content: frozenset[str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call of a batch: its row, None where there is none, and what the observations come to."""

    call_id: str
    row: Row | None = dataclasses.field(repr=False)
    known: Mirrored | None
    course: Course

    @property
    def holding(self) -> Holding:
        """What is left of the call."""
        return Holding(self.row["mirror_holds"]) if self.row is not None else Holding.ALL

    @property
    def reads_again(self) -> bool:
        """Whether what lies over the document that is held has changed, so that this must be projected anew."""
        shown = self.course.shown
        if self.course.takes is not None or shown is None or self.known is None:
            return False
        return self.known.state in LISTED and shown.facts != self.known.facts


def cases(observations: Iterable[Observation], rows: Mapping[str, Row]) -> list[Case]:
    """The calls of which something is to be remembered, in the order in which the batch comes to them."""
    of_call: dict[str, list[Observation]] = {}
    for observation in observations:
        of_call.setdefault(observation.call_id, []).append(observation)
    found = []
    for call_id, seen in of_call.items():
        row = rows.get(call_id)
        known = mirrored_of(row) if row is not None else None
        made = course(known, seen)
        if made is not None:
            found.append(Case(call_id=call_id, row=row, known=known, course=made))
    return found


def rewriting(
    found: Sequence[Case], bodies: Mapping[int, bytes], reading: Reading, *, last_change: int, last_number: int
) -> Rewriting:
    """What is to be written for these cases; changes and calls are numbered on from these.

    ``bodies`` are the packed documents of the calls that must be projected anew, by number.
    """
    writing = Rewriting(purge=any(_purges(case) for case in found))
    for case in found:
        if case.row is not None and not case.course.visible:
            writing.remembered.append({**case.row, **own_columns(_kept(case, reading))})
            continue
        last_change += case.course.visible
        last_number += case.row is None
        number = case.row["mirror_number"] if case.row is not None else last_number
        row = {"mirror_number": number, "mirror_change": last_change if case.course.visible else UNSEEN}
        _rewrite(writing, case, row, _projection(case, bodies.get(number), reading), reading)
    return writing


def _purges(case: Case) -> bool:
    """Whether something that could be found has to go for good."""
    return case.known is not None and case.known.state in LISTED and case.course.mirrored.state in GONE


def _rewrite(writing: Rewriting, case: Case, row: Row, projection: Projection, reading: Reading) -> None:
    """Complete the row, of which the numbers are known, and say what is to hang on it."""
    number, mirrored, values = row["mirror_number"], _kept(case, reading), projection.values
    if mirrored.state in GONE:
        values = {name: values.get(name) for name in OUTLINE}
        writing.bodies[number], writing.costs[number], writing.words[number] = None, (), ""
    else:
        _hang(writing, case, number, projection)
    row |= {"id": case.call_id, "mirror_holds": int(_holding(case)), **reading.fit(values), **own_columns(mirrored)}
    row["created_at"] = row["created_at"] or _created_at(case.call_id, mirrored)
    writing.rows.append((case.row, row))


def _hang(writing: Rewriting, case: Case, number: int, projection: Projection) -> None:
    """Replace what hangs on a call that stays, as far as it is known anew."""
    if case.course.takes is not None:
        writing.bodies[number] = case.course.takes.body
    elif not case.reads_again:
        return
    if case.course.takes is not None or case.holding is not Holding.COLUMNS:
        writing.costs[number] = projection.costs
    writing.words[number] = projection.words


def _projection(case: Case, body: bytes | None, reading: Reading) -> Projection:
    """What the tables are to hold of the call as it last stood in lists; nothing where it never did."""
    made, row = case.course, case.row or {}
    if made.takes is not None and made.shown is not None:
        facts = made.shown.facts
        return reading.project(overlaid(unpack(made.takes.body), facts)) if facts else made.takes.projection
    if case.reads_again and made.shown is not None:
        return read_again(row, body, _stripped(made.shown.facts, case.holding, reading), reading)
    unread = case.known is not None and case.known.state is State.UNREAD
    return Projection(values={} if unread else row)  # what webhooks alone told of is no value of the call's


def read_again(row: Row, body: bytes | None, facts: Facts, reading: Reading) -> Projection:
    """A document that is held, with these facts over it, projected anew.

    Where only a part of the document is left, it may say nothing any more of what the row knows, such as who the
    customer was: that stays.
    """
    document = unpack(body) if body is not None else {"id": row["id"]}
    projection = reading.project(overlaid(document, facts))
    if row["mirror_holds"] == Holding.ALL:
        return projection
    return dataclasses.replace(projection, values=_filled_up(projection.values, row, reading.content))


def _filled_up(values: Values, row: Row, content: frozenset[str]) -> dict[str, Any]:
    """Values, and where there are none those of the row, unless they are content."""
    stays = {name: known for name, known in row.items() if name not in content and not _says(name, values.get(name))}
    return {**values, **stays}


def _says(name: str, value: Any) -> bool:
    unknown = name == "customer_key" and (not value or value.startswith(SINGLE_CALL))
    return value is not None and not unknown


def _kept(case: Case, reading: Reading) -> Mirrored:
    """What is remembered of the call: of facts, nothing that has been let go of in its document."""
    mirrored = case.course.mirrored
    return dataclasses.replace(mirrored, facts=_stripped(mirrored.facts, _holding(case), reading))


def _stripped(facts: Facts, holding: Holding, reading: Reading) -> Facts:
    return facts if holding is Holding.ALL else without_content(facts, reading.strip)


def without_content(facts: Facts, strip: Strip) -> Facts:
    """Facts without what is content in a document."""
    left = strip({name: fact.value for name, fact in facts.items()})
    return {name: dataclasses.replace(facts[name], value=value) for name, value in left.items()}


def _holding(case: Case) -> Holding:
    if case.course.mirrored.state in GONE:
        return Holding.COLUMNS
    return Holding.ALL if case.course.takes is not None else case.holding


def _created_at(call_id: str, mirrored: Mirrored) -> dt.datetime:
    """When a call was created that does not say so itself."""
    sent = min((fact.sent_at for fact in mirrored.facts.values()), default=None)
    updated = mirrored.revision.updated_at if mirrored.revision is not None else None
    known = identifiers.created_at(call_id) or updated or sent or _BEGINNING
    return max(known, _BEGINNING)


def mirrored_of(row: Row) -> Mirrored:
    """What is known of a call, from its row."""
    held = row["mirror_read_at"] is not None
    return Mirrored(
        call_id=row["id"],
        state=State(row["mirror_state"]),
        revision=Revision(row["mirror_updated_at"], row["mirror_read_at"]) if held else None,
        digest=row["mirror_digest"],
        facts=facts_of_json(row["mirror_facts"] or {}),
        asked_at=row["mirror_asked_at"],
        absent_since=row["mirror_absent_since"],
    )


def own_columns(mirrored: Mirrored) -> Row:
    """What is known of a call, as columns of its row."""
    revision = mirrored.revision
    return {
        "mirror_state": mirrored.state.value,
        "mirror_updated_at": revision.updated_at if revision is not None else None,
        "mirror_read_at": revision.read_at if revision is not None else None,
        "mirror_asked_at": mirrored.asked_at,
        "mirror_absent_since": mirrored.absent_since,
        "mirror_digest": mirrored.digest,
        "mirror_facts": facts_to_json(mirrored.facts) or None,
    }


def fulfilled(observations: Iterable[Observation], rows: Mapping[str, Row]) -> dict[str, dt.datetime]:
    """Up to which moment marks of calls are done with: that of a reading; for good where a call is lost or erased.

    An absence that upstream has contradicted since does nothing.
    """
    asked = {call_id: row["mirror_asked_at"] for call_id, row in rows.items() if row["mirror_asked_at"] is not None}
    done = {call_id: _EVER for call_id, row in rows.items() if row["mirror_state"] == State.ERASED.value}
    for each in observations:
        if isinstance(each, Snapshot):
            asked[each.call_id] = max(each.revision.read_at, asked.get(each.call_id, _BEGINNING))
    for each in observations:
        until = _done_until(each, asked.get(each.call_id, _BEGINNING))
        if until is not None:
            done[each.call_id] = max(until, done.get(each.call_id, until))
    return done


def _done_until(observation: Observation, asked_at: dt.datetime) -> dt.datetime | None:
    match observation:
        case Snapshot():
            return observation.revision.read_at
        case Absence():
            return _EVER if observation.noticed_at >= asked_at else None
        case Erasure():
            return _EVER
        case _:
            return None
