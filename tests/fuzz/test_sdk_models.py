"""A small run of the fuzz, and whether its comparison is honest."""

from __future__ import annotations

import dataclasses
import random

from gateway.domain.catalog import build
from gateway.domain.decode import decoder
from gateway.domain.redaction import redact
from tests.fuzz.mutations import mutated
from tests.fuzz.run import run, table
from tests.fuzz.sdk_models import SdkCalls
from tests.fuzz.survival import DERIVED, Survival


def test_no_call_and_no_unaffected_attribute_is_lost() -> None:
    figures = run(calls=300, seed=20260901)
    assert not figures.failures, table(figures)
    assert figures.decoded == figures.mutated == 300
    assert figures.compared > 100 * 300


def test_the_same_seed_gives_the_same_calls() -> None:
    one, two = SdkCalls(7), SdkCalls(7)
    assert [one.next() for _ in range(5)] == [two.next() for _ in range(5)]


def test_a_mutation_changes_one_place_and_leaves_the_original_alone() -> None:
    document = {"a": {"b": [1, 2]}, "c": "text"}
    changed, where = mutated(document, random.Random(3))
    assert document == {"a": {"b": [1, 2]}, "c": "text"}
    assert changed != document
    assert where[0] in document


def test_a_lost_attribute_is_noticed() -> None:
    """The comparison sees a value that went missing although nothing at its places changed."""
    decode = decoder(build(), b"key")
    document = {"id": "1", "name": "a call", "cost": 1.5, "customer": {"name": "Ada"}, "messages": [{"role": "user"}]}
    before = decode(redact(document).document).call
    after = dataclasses.replace(before, cost=None)
    survival = Survival(build())
    assert survival.lost(before, before, document, ("name",))[1] == []
    assert survival.lost(before, after, document, ("name",))[1] == ["cost"]
    assert survival.lost(before, after, document, ("cost",))[1] == []


def test_every_derived_attribute_says_what_it_is_derived_from() -> None:
    derived = {a.name for record in build().records.values() for a in record.attributes if a.derive is not None}
    assert derived == set(DERIVED)
