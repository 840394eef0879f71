"""Fingerprints: the same way of reading has the same, any other has another."""

from __future__ import annotations

import pytest

from gateway.domain.catalog import Catalog, Configured, build
from gateway.domain.customer import Places
from gateway.domain.fingerprints import fingerprint
from gateway.domain.redaction import RULES

KEY = b"an identity key"


def team(**stated: object) -> Catalog:
    """A catalog with one attribute of a team."""
    usual: dict[str, object] = {"name": "plan", "type": "String", "description": "The plan.", "keys": ("plan",)}
    return build({"customer": [Configured(**{**usual, **stated})]})  # type: ignore[arg-type]  # by name


def test_the_same_declarations_have_the_same_fingerprint() -> None:
    """However often they are built, and whatever a description says."""
    assert fingerprint(team(), KEY) == fingerprint(team(description="What they pay for."), KEY)


@pytest.mark.parametrize(
    "other",
    [
        build(),
        team(keys=("plan", "subscription")),
        team(paths=("metadata.plan",)),
        team(type="enum", values=("free", "pro")),
        build(places=Places(metadata=("metadata",))),
        build(places=Places(keys={"customerId": ("uid",)})),
        build(places=Places(alias={"tel~1": "id:7"})),
    ],
)
def test_another_way_of_reading_has_another(other: Catalog) -> None:
    """Spellings, paths, types, places and aliases all decide what a column holds."""
    assert fingerprint(other, KEY) != fingerprint(team(), KEY)


def test_places_and_aliases_alone_make_a_difference() -> None:
    """Without any attribute of a team."""
    places = (
        Places(),
        Places(metadata=("metadata",)),
        Places(alias={"tel~1": "id:7"}),
        Places(alias={"tel~1": "id:8"}),
    )
    assert len({fingerprint(build(places=each), KEY) for each in places}) == len(places)


def test_a_version_that_knows_other_secrets_reads_what_is_kept_anew() -> None:
    """They are taken out of the stored documents then, too."""
    assert fingerprint(build(), KEY, [*RULES, "another"]) != fingerprint(build(), KEY)
    assert any("vcg_" in rule for rule in RULES)


def test_another_identity_key_makes_other_customers() -> None:
    """Keys that are hashes are made with it."""
    assert fingerprint(build(), KEY) != fingerprint(build(), b"another")
