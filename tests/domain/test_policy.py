"""What of an attribute a principal sees, and may filter and sort by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from gateway.domain.attributes import Attribute, Kind, Sensitivity
from gateway.domain.catalog import build
from gateway.domain.policy import NEEDED, Sight, check_use, sight
from gateway.domain.principal import ANONYMOUS, EVERY_SCOPE, Principal, Scope
from gateway.errors import Forbidden

CATALOG = build()


def attributes() -> Iterator[Attribute]:
    """Every attribute of every record."""
    for record in CATALOG.records.values():
        yield from record.attributes


def named(record: str, name: str) -> Attribute:
    """One attribute by its GraphQL name."""
    return next(a for a in CATALOG.records[record].attributes if a.name == name)


def test_every_sensitivity_but_secret_has_its_place_in_the_table() -> None:
    assert set(NEEDED) == set(Sensitivity) - {Sensitivity.SECRET}


def test_whoever_has_every_scope_sees_everything_that_is_no_secret() -> None:
    seen = {sight(a, EVERY_SCOPE) for a in attributes() if a.sensitivity is not Sensitivity.SECRET}
    assert seen == {Sight.SHOWN}


@pytest.mark.parametrize(
    ("record", "name", "expected"),
    [
        ("Call", "status", Sight.SHOWN),
        ("CallCustomer", "key", Sight.SHOWN),
        ("CallCustomer", "name", Sight.MASKED),
        ("Customer", "email", Sight.MASKED),
        ("Call", "metadata", Sight.WITHHELD),
        ("Artifact", "transcript", Sight.WITHHELD),
        ("Analysis", "summary", Sight.WITHHELD),
        ("Artifact", "messages", Sight.WITHHELD),
        ("Artifact", "recordingUrl", Sight.WITHHELD),
        ("MonoRecording", "customerUrl", Sight.WITHHELD),
        ("PresignedUrls", "presignedMonoUrl", Sight.WITHHELD),
        ("Call", "document", Sight.WITHHELD),
        ("Call", "artifact", Sight.SHOWN),
    ],
)
def test_without_scopes_texts_about_persons_are_masked_and_the_rest_is_withheld(
    record: str, name: str, expected: Sight
) -> None:
    assert sight(named(record, name), frozenset()) is expected


@pytest.mark.parametrize("scope", [scope for scope in NEEDED.values() if scope is not None])
def test_a_scope_shows_what_needs_it_and_nothing_else(scope: Scope) -> None:
    for attribute in attributes():
        if attribute.kind is not Kind.GROUP and attribute.sensitivity is not Sensitivity.SECRET:
            shown = sight(attribute, {scope}) is Sight.SHOWN
            assert shown == (NEEDED[attribute.sensitivity] in (None, scope))


def test_who_sees_less_than_all_of_an_attribute_cannot_filter_or_sort_by_it() -> None:
    browser = Principal(name="browser", scopes=frozenset({Scope.CALLS_READ}))
    check_use(named("Call", "status"), browser, "filter")
    with pytest.raises(Forbidden, match="filter by “email”: it needs the scope personal:read"):
        check_use(named("CallCustomer", "email"), browser, "filter")
    with pytest.raises(Forbidden, match="sort by “name”") as refused:
        check_use(named("CallCustomer", "name"), browser, "sort")
    assert refused.value.scope == "personal:read"


@pytest.mark.parametrize("kind", Kind)
def test_nobody_filters_or_sorts_by_a_secret(kind: Kind) -> None:
    secret = dataclasses.replace(named("Call", "status"), sensitivity=Sensitivity.SECRET, kind=kind)
    for use in ("sort", "filter", "group", "measure"):
        with pytest.raises(Forbidden) as refused:
            check_use(secret, ANONYMOUS, use)
        assert refused.value.scope is None
