"""Finding an attribute of the customer, place by place. (Which places there are: `test_customer`.)"""

from __future__ import annotations

from typing import Any

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.paths import parse
from gateway.domain.reading import Problem, Problems
from gateway.domain.resolution import Search, finders, owners, resolver

NAME = Attribute(
    python="name",
    name="name",
    kind=Kind.STRING,
    doc="Name.",
    paths=(parse("own.name"),),
    keys=(parse("fullName"), parse("name")),
    fallback=(parse("lastResort"),),
)
PLACES = (parse("metadata"), parse("members[].metadata"), parse("variableValues"))


def resolved(document: dict[str, Any]) -> tuple[tuple[Any, str] | None, Problems]:
    """The name that a document states with its place, and the problems of finding it."""
    problems: Problems = []
    found = resolver(NAME, "X.name")(Search(document, owners(finders(PLACES), document), problems))
    return (found[0], found[1].text) if found else None, problems


def test_places_are_tried_in_their_order_and_spellings_in_theirs() -> None:
    document: dict[str, Any] = {
        "lastResort": "e",
        "variableValues": {"fullName": "d"},
        "members": [{"metadata": {"name": "c"}}],
        "metadata": {"name": "b", "fullName": "a"},
        "own": {"name": "first"},
    }
    seen = []
    for place in ("own", "metadata", "members", "variableValues", "lastResort"):
        seen.append(resolved(document)[0])
        del document[place]
    assert seen == [
        ("first", "own.name"),
        ("a", "metadata.fullName"),
        ("c", "members[].metadata.name"),
        ("d", "variableValues.fullName"),
        ("e", "lastResort"),
    ]
    assert resolved(document) == (None, [])


def test_the_first_odd_value_is_the_problem_where_nothing_readable_follows() -> None:
    assert resolved({"metadata": {"fullName": [1], "name": {}}}) == (None, [Problem("X.name", "String", "array")])
    assert resolved({"metadata": {"fullName": [1], "name": "Ada"}}) == (("Ada", "metadata.name"), [])


def test_an_odd_variable_is_no_problem() -> None:
    assert resolved({"variableValues": {"name": {}}}) == (None, [])


def test_only_objects_are_looked_into() -> None:
    assert owners(finders(PLACES), {"metadata": "text", "members": [7, {"metadata": {}}]}) == ((PLACES[1], {}),)
