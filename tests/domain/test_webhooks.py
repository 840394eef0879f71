"""What each webhook means for the mirror."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.marks import Mark, Reason
from gateway.domain.messages import FACTS, stated_call, stated_facts
from gateway.domain.observations import Absence, Fact, Notice
from gateway.domain.webhooks import MEANINGS, Rereads, Role, Told, Unclear, joined, meaning, reduced, told, type_of
from tests.domain.documents import JSON
from tests.domain.saved_webhooks import BODIES, CALL_ID, message

NOW: Final = dt.datetime(2026, 8, 19, 12, 30, tzinfo=dt.UTC)
REREADS: Final = Rereads(noticed=dt.timedelta(seconds=1), late=dt.timedelta(minutes=5))
NOTICED: Final = Mark(CALL_ID, Reason.NOTICED, NOW + REREADS.noticed)
LATE: Final = Mark(CALL_ID, Reason.LATE, NOW + REREADS.late)

KNOWN: Final = """
assistant-request tool-calls transfer-destination-request handoff-destination-request knowledge-base-request
voice-request call.endpointing.request campaign.predial status-update end-of-call-report conversation-update transcript
transcript[transcriptType="final"] speech-update hang user-interrupted model-output voice-input
language-change-detected transfer-update phone-call-control assistant.speechStarted chat.created chat.deleted
session.created session.updated session.deleted call.deleted call.delete.failed call.artifact.upload
assistant.started function-call language-changed
campaign.started campaign.cancelled campaign.ended campaign.archived campaign.unarchived contact.dispatched
contact.completed contact.failed contact.skipped contact.predial-failed campaign.job.continued
"""
"""Every type that Vapi's OpenAPI description (August 2026), its ``serverMessages`` and its campaigns name."""

ASKING: Final = """
assistant-request tool-calls function-call transfer-destination-request handoff-destination-request
knowledge-base-request voice-request call.endpointing.request campaign.predial
"""


def what_is_said(stated: dict[str, Any]) -> Told:
    """What a message that is received `NOW` comes to, through what is kept of it."""
    said = told(reduced(stated), NOW, REREADS)
    assert isinstance(said, Told)
    return said


def facts(stated: dict[str, Any]) -> dict[str, Any]:
    """The facts that a message says of its call."""
    (notice,) = what_is_said(stated).observations
    assert isinstance(notice, Notice)
    return {name: fact.value for name, fact in notice.facts.items()}


def test_every_type_that_vapi_names_has_a_meaning_and_no_other_has() -> None:
    assert set(MEANINGS) == set(KNOWN.split())


def test_exactly_the_types_whose_sender_waits_for_an_answer_are_refused() -> None:
    assert {kind for kind, means in MEANINGS.items() if means.role is Role.ASKS} == set(ASKING.split())


def test_exactly_the_types_that_say_facts_have_a_list_of_them() -> None:
    assert {kind for kind, means in MEANINGS.items() if means.role is Role.TELLS} == set(FACTS)


def test_a_late_reading_follows_the_report_and_every_upload() -> None:
    assert {kind for kind, means in MEANINGS.items() if means.late} == {"end-of-call-report", "call.artifact.upload"}


def test_a_status_update_says_the_status_and_has_the_call_read() -> None:
    said = what_is_said(message("status_update_in_progress"))
    sent = dt.datetime(2026, 8, 19, 12, 0, 3, 647_000, tzinfo=dt.UTC)
    assert said == Told((Notice(call_id=CALL_ID, facts={"status": Fact(sent, NOW, "in-progress")}),), (NOTICED,))


def test_a_status_update_says_where_a_call_is_forwarded_to() -> None:
    assert facts(message("status_update_forwarding")) == {
        "status": "forwarding",
        "destination": {"type": "number", "number": "+15550100199", "message": "One moment."},
    }


def test_a_report_says_how_the_call_ended_and_what_it_cost_and_has_it_read_twice() -> None:
    report = message("end_of_call_report")
    said = facts(report)
    assert (said["status"], said["endedReason"], said["cost"]) == ("ended", "customer-ended-call", 0.0731)
    assert said.keys() == {
        *("status", "endedReason", "startedAt", "endedAt", "cost", "costs", "costBreakdown", "analysis"),
    }
    assert what_is_said(report).marks == (NOTICED, LATE)


def test_an_upload_says_nothing_of_the_call_and_has_it_read_twice() -> None:
    assert what_is_said(message("artifact_upload")) == Told((), (NOTICED, LATE))


def test_a_deletion_is_an_absence_from_when_it_was_received() -> None:
    assert what_is_said(message("call_deleted")) == Told((Absence(call_id=CALL_ID, noticed_at=NOW, deleted=True),))


@pytest.mark.parametrize("name", ["speech_update", "conversation_update"])
def test_moments_of_a_running_call_bring_neither_facts_nor_readings(name: str) -> None:
    assert what_is_said(message(name)) == Told()


def test_a_message_of_an_unknown_type_has_its_call_read() -> None:
    assert what_is_said(message("unheard_of")) == Told((), (NOTICED,))
    assert what_is_said({"type": "org.renamed"}) == Told()


@pytest.mark.parametrize("call", [None, {}, {"id": None}, {"id": 7}, {"id": "not a uuid"}, "019fedaf", []])
@pytest.mark.parametrize("name", ["status_update_in_progress", "end_of_call_report", "call_deleted", "artifact_upload"])
def test_a_message_about_a_call_without_its_id_is_unclear(name: str, call: Any) -> None:
    stated = message(name, call=call)
    assert told(reduced(stated), NOW, REREADS) == Unclear(f"{stated['type']} without the id of a call")


def test_a_message_that_needs_an_answer_is_never_applied() -> None:
    assert isinstance(told(message("tool_calls"), NOW, REREADS), Unclear)


def test_a_message_of_2024_says_its_time_as_a_text() -> None:
    (notice,) = what_is_said(message("status_update_ended_2024")).observations
    assert isinstance(notice, Notice)
    assert notice.facts["endedReason"] == Fact(
        dt.datetime(2024, 6, 30, 2, 53, 31, 333_000, tzinfo=dt.UTC), NOW, "silence-timed-out"
    )


@pytest.mark.parametrize("timestamp", [None, "soon", True, {}, 1e300, float("nan"), float("inf"), 10**30, -(10**30)])
def test_a_message_without_a_readable_time_was_sent_when_it_was_received(timestamp: Any) -> None:
    (notice,) = what_is_said(message("status_update_in_progress", timestamp=timestamp)).observations
    assert isinstance(notice, Notice)
    assert notice.facts["status"].sent_at == NOW


def test_the_stale_call_inside_a_message_says_nothing() -> None:
    stated = message("status_update_in_progress", status=None)
    assert stated["call"]["status"] == "queued"
    assert what_is_said(stated) == Told((), (NOTICED,))


def test_facts_have_the_names_that_a_saved_webhook_is_decoded_with() -> None:
    for name in BODIES:
        stated = message(name)
        call = stated_call(stated)
        assert {each: call[each] for each in stated_facts(stated)} == stated_facts(stated)


@pytest.mark.parametrize("name", BODIES)
def test_what_is_kept_is_small_and_holds_no_secret_no_person_and_no_conversation(name: str) -> None:
    kept = json.dumps(reduced(message(name))).lower()
    assert "canary" not in kept
    assert len(kept) < 2_000


def test_of_an_unknown_message_is_kept_what_there_is_room_for() -> None:
    kept = reduced({"type": "call.rated", "stars": 4, "essay": "x" * 5_000, "words": "y" * 4_000, "more": "z" * 200})
    assert kept.keys() == {"type", "stars", "words"}


def test_what_nests_too_deep_is_not_kept_of_an_unknown_message() -> None:
    deep: Any = None
    for _ in range(100_000):
        deep = [deep]
    assert reduced({"type": "call.rated", "deep": deep, "stars": 4}) == {"type": "call.rated", "stars": 4}


@pytest.mark.parametrize("kind", [None, 7, "", "two words", "line\nbreak", "x" * 81, "naïve"])
def test_what_is_no_type_is_none(kind: Any) -> None:
    assert type_of({"type": kind}) is None


@pytest.mark.parametrize("kind", MEANINGS)
def test_every_known_type_is_a_type(kind: str) -> None:
    assert type_of({"type": kind}) == kind
    assert meaning(kind) is MEANINGS[kind]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(Reason), st.integers(0, 9)), max_size=20))
def test_of_all_marks_of_one_reason_a_call_keeps_the_latest(drawn: list[tuple[str, Reason, int]]) -> None:
    marks = [Mark(call, reason, NOW + dt.timedelta(seconds=s)) for call, reason, s in drawn]
    kept = joined(marks)
    latest = {
        (m.call_id, m.reason): max(o.due_at for o in marks if (o.call_id, o.reason) == (m.call_id, m.reason))
        for m in marks
    }
    assert {(mark.call_id, mark.reason): mark.due_at for mark in kept} == latest
    assert len(kept) == len(latest)


@given(
    st.sampled_from([*MEANINGS, "call.rated"]),
    st.dictionaries(st.sampled_from([*FACTS["end-of-call-report"], "call", "timestamp", "status", "x"]), JSON),
)
def test_whatever_a_message_holds_it_is_told_or_unclear(kind: str, stated: dict[str, Any]) -> None:
    kept = reduced({**stated, "type": kind})
    json.dumps(kept, allow_nan=False).encode()
    assert isinstance(told(kept, NOW, REREADS), Told | Unclear)


@given(st.sampled_from([*MEANINGS, "call.rated"]), st.dictionaries(st.text(max_size=8), JSON))
def test_reducing_twice_is_reducing_once(kind: str, stated: dict[str, Any]) -> None:
    kept = reduced({**stated, "type": kind})
    assert reduced(kept) == kept
