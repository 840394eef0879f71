"""Mirrored: what the mirror knows of one call, and what each observation makes of it.

One rule for backfill, poll, read-through, webhooks and mutations, so that any loss, repetition or order of what they
bring ends in the same rows once upstream is quiet and has been read again:

- Of two snapshots the one with the greater ``updatedAt`` wins; at the same ``updatedAt`` the one that was read later,
  if its digest differs: outputs that are extracted anew do not always move the time.
- What a webhook says lies over the snapshot until upstream is read at a later moment, whatever that read brings.
- An absence holds until upstream shows the call at a later moment. A deleted call keeps nothing but its outline; one
  that upstream merely forgot keeps everything, and still takes what was read of it before and arrives late.
- What was erased here stays so: only the outline is left, and nothing that upstream says of the call is taken again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.domain.attributes import Document
from gateway.domain.observations import Absence, Erasure, Fact, Facts, Notice, Observation, Snapshot
from gateway.domain.revisions import Revision


class State(enum.Enum):
    """What upstream has of a call, as far as is known. The value is what the store keeps."""

    UNREAD = "unread"
    """Only webhooks have told of it: it is in no list until it has been read."""
    PRESENT = "present"
    FORGOTTEN = "forgotten"
    """Upstream's retention is over; the last snapshot stays."""
    DELETED = "deleted"
    """Deleted upstream: only the outline stays."""
    ERASED = "erased"
    """Erased here, for the sake of a person: only the outline stays, for good."""


LISTED: Final = (State.PRESENT, State.FORGOTTEN)
"""The states of calls that stand in lists and in their customers' figures."""

GONE: Final = (State.DELETED, State.ERASED)
"""The states of calls of which only the outline is left."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """What is known of a call, but for the contents of its documents.

    ``revision`` and ``digest`` are those of the snapshot that is held, None where none is. ``asked_at`` is the last
    moment at which upstream was asked and had the call; ``absent_since`` the moment at which it did not.
    """

    call_id: str
    state: State
    revision: Revision | None = None
    digest: bytes | None = None
    facts: Facts = dataclasses.field(default_factory=dict)
    asked_at: dt.datetime | None = None
    absent_since: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an observation comes to.

    ``takes`` is the snapshot whose contents replace those that are held, if they are to be replaced. ``visible``: some
    reader could see a difference, so that it gets a change number; otherwise there is at most something to remember.
    """

    mirrored: Mirrored
    takes: Snapshot | None = None
    visible: bool = False


def after(known: Mirrored | None, observation: Observation) -> Outcome | None:
    """What an observation makes of what is known; None where there is nothing to remember."""
    known = known or Mirrored(call_id=observation.call_id, state=State.UNREAD)
    if known.state is State.ERASED:
        return None
    match observation:
        case Erasure():
            return Outcome(mirrored=Mirrored(call_id=known.call_id, state=State.ERASED), visible=True)
        case Snapshot():
            return _after_snapshot(known, observation)
        case Notice():
            return _after_notice(known, observation)
        case Absence():
            return _after_absence(known, observation)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What several observations of one call come to, one after the other.

    ``takes`` and ``visible`` are as in `Outcome`. ``shown`` is the call as it last stood in lists, None where it does
    not and did not meanwhile: what is left of a call that is gone by the end is the outline of that.
    """

    mirrored: Mirrored
    takes: Snapshot | None = None
    visible: bool = False
    shown: Mirrored | None = None


def course(known: Mirrored | None, observations: Iterable[Observation]) -> Course | None:
    """What observations of one call make of what is known, in this order; None where there is nothing to remember."""
    made: Course | None = None
    shown = known if known is not None and known.state in LISTED else None
    for observation in observations:
        outcome = after(made.mirrored if made else known, observation)
        if outcome is None:
            continue
        shown = outcome.mirrored if outcome.mirrored.state in LISTED else shown
        takes, visible = (made.takes, made.visible) if made else (None, False)
        made = Course(
            mirrored=outcome.mirrored, takes=outcome.takes or takes, visible=outcome.visible or visible, shown=shown
        )
    return made


def _after_snapshot(known: Mirrored, read: Snapshot) -> Outcome | None:
    read_at = read.revision.read_at
    facts = {name: fact for name, fact in known.facts.items() if fact.received_at > read_at}
    met = dataclasses.replace(known, facts=facts, asked_at=_later(known.asked_at, read_at))
    if known.absent_since is None or read_at > known.absent_since:
        met = dataclasses.replace(met, state=State.PRESENT, absent_since=None)
    elif known.state is State.DELETED:
        return None  # it was read before upstream deleted the call
    if known.revision is None or known.digest is None or _wins(read, known.revision, known.digest):
        taken = dataclasses.replace(met, revision=read.revision, digest=read.digest)
        return Outcome(mirrored=taken, takes=read, visible=True)
    if read.digest == known.digest and read.revision > known.revision:
        met = dataclasses.replace(met, revision=read.revision)
    if met == known:
        return None
    return Outcome(mirrored=met, visible=(met.state, met.facts) != (known.state, known.facts))


def _wins(read: Snapshot, revision: Revision, digest: bytes) -> bool:
    """Whether what was read replaces what is held; the digest decides between two readings of one microsecond."""
    if read.revision.updated_at != revision.updated_at:
        return read.revision.updated_at > revision.updated_at
    if read.digest == digest:
        return False
    return (read.revision.read_at, read.digest) > (revision.read_at, digest)


def _after_notice(known: Mirrored, notice: Notice) -> Outcome | None:
    if known.state is State.DELETED:
        return None
    news = {name: fact for name, fact in notice.facts.items() if _is_news(known, name, fact)}
    if not news:
        return None
    laid = dataclasses.replace(known, facts={**known.facts, **news})
    return Outcome(mirrored=laid, visible=known.state is not State.UNREAD)


def _is_news(known: Mirrored, name: str, fact: Fact) -> bool:
    if known.asked_at is not None and fact.received_at <= known.asked_at:
        return False
    held = known.facts.get(name)
    return held is None or _rank(fact) > _rank(held)


def _rank(fact: Fact) -> tuple[dt.datetime, dt.datetime, str]:
    """What orders the facts of one name; two messages of one millisecond are told apart by what they say."""
    return fact.sent_at, fact.received_at, json.dumps(fact.value, sort_keys=True)


def _after_absence(known: Mirrored, absence: Absence) -> Outcome | None:
    if known.asked_at is not None and absence.noticed_at < known.asked_at:
        return None  # upstream has shown the call since
    if not absence.deleted:
        return _forgotten(known, absence)
    gone = Mirrored(
        call_id=known.call_id, state=State.DELETED, absent_since=_later(known.absent_since, absence.noticed_at)
    )
    return None if gone == known else Outcome(mirrored=gone, visible=known.state is not State.DELETED)


def _forgotten(known: Mirrored, absence: Absence) -> Outcome | None:
    if known.state is State.UNREAD:
        return None
    state = State.DELETED if known.state is State.DELETED else State.FORGOTTEN
    gone = dataclasses.replace(known, state=state, absent_since=_later(known.absent_since, absence.noticed_at))
    return None if gone == known else Outcome(mirrored=gone, visible=known.state is not state)


def _later(one: dt.datetime | None, other: dt.datetime) -> dt.datetime:
    return other if one is None else max(one, other)


def overlaid(document: Document, facts: Facts) -> Document:
    """The document with what webhooks said since it was read laid over it."""
    return {**document, **{name: fact.value for name, fact in facts.items()}} if facts else document


_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Facts as plain JSON: name → [sent, received, value], moments in microseconds since 1970."""
    return {name: [_micro(fact.sent_at), _micro(fact.received_at), fact.value] for name, fact in facts.items()}


def facts_of_json(plain: Mapping[str, Any]) -> Facts:
    """The facts that `facts_to_json` wrote."""
    return {name: Fact(_moment(sent), _moment(received), value) for name, (sent, received, value) in plain.items()}


def _micro(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(microseconds: int) -> dt.datetime:
    return _EPOCH + microseconds * _MICROSECOND
