"""Lazily: a call that is read as far as it is looked at is the one that is read at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.call import Call
from gateway.domain.catalog import Configured, build
from gateway.domain.decode import decoder
from gateway.domain.lazily import lazy_decoder
from gateway.domain.redaction import redact
from tests.domain.documents import CALL_ID, KEY, call_documents

OWN = Configured(name="ticket", type="String", description="The ticket.", paths=("metadata.ticket",))
CATALOG = build({"call": (OWN,)})
EAGER, LAZY = decoder(CATALOG, KEY), lazy_decoder(CATALOG, KEY)
NAMES = [field.name for field in dataclasses.fields(Call)]


@given(call_documents(), st.permutations(NAMES))
def test_what_is_read_does_not_depend_on_when(document: dict[str, Any], names: list[str]) -> None:
    """In whatever order its attributes are looked at, they are what they are in a call that was read at once."""
    redacted = redact({"id": CALL_ID, "metadata": {"ticket": "7"}, **document}).document
    eager, lazy = EAGER(redacted).call, LAZY(redacted)
    for name in names:
        assert repr(getattr(lazy, name)) == repr(getattr(eager, name))
    assert repr(lazy.configured) == repr(eager.configured)


def test_it_is_equal_to_one_that_was_read_at_once() -> None:
    """Either way round; and to none that says something else."""
    document = {"id": CALL_ID, "status": "ended", "metadata": {"ticket": "7"}}
    eager, lazy = EAGER(document).call, LAZY(document)
    assert lazy == eager
    assert eager == lazy
    assert lazy == LAZY(document)
    assert lazy != EAGER({**document, "status": "queued"}).call
    assert lazy != object()


def test_what_has_been_read_stays() -> None:
    """The document is looked at once for each attribute, and nobody can put another value there."""
    lazy = LAZY({"id": CALL_ID, "analysis": {"summary": "They greeted each other."}})
    assert lazy.analysis is lazy.analysis
    with pytest.raises(dataclasses.FrozenInstanceError):
        lazy.status = "ended"  # type: ignore[misc]  # which is what is tried
    with pytest.raises(AttributeError):
        lazy.nothing  # type: ignore[attr-defined]  # noqa: B018  # which is what is tried
