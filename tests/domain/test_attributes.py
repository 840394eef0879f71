"""How a field is declared."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.domain.attributes import Attribute, Id, Json, Kind, Parent, Sensitivity, attribute, camel, declared, snake
from gateway.domain.paths import Path, parse


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part."""

    size: int | None = attribute(doc="Its size.", unit="metres")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole."""

    note: str = ""
    key: Id = attribute(doc="Its key.", computed=True)
    name_of_it: str | None = attribute("name", doc="Its name.", flat="title", sensitivity=Sensitivity.SECRET)
    anything: Json = attribute(doc="Whatever.", fallback=("rest",))
    tags: tuple[str, ...] | None = attribute("tags", "labels.all", doc="Its tags.")
    nick: str | None = attribute(doc="Its nickname.", keys=("nick_name",), fallback=("old.nick",))
    count: int | None = attribute(doc="How many.", derive=len)
    part: Part | None = attribute(doc="Its part.")
    parts: tuple[Part, ...] | None = attribute(doc="Its parts.")


TOP = Parent(place=None, prefix="", sensitivity=Sensitivity.PUBLIC)
BELOW = Parent(place=parse("a.whole"), prefix="whole", sensitivity=Sensitivity.PERSONAL)


def whole() -> dict[str, Attribute]:
    """The attributes of a whole that is read from a place of its document."""
    return {a.python: a for a in declared(Whole, BELOW)}


def texts(paths: tuple[Path, ...]) -> list[str]:
    """Paths as they are written."""
    return [path.text for path in paths]


def test_an_attribute_follows_from_the_annotation_and_the_declaration() -> None:
    of = whole()
    assert "note" not in of
    assert [of[name].kind for name in ("key", "name_of_it", "anything", "tags", "count", "part", "parts")] == [
        Kind.ID,
        Kind.STRING,
        Kind.JSON,
        Kind.STRINGS,
        Kind.INT,
        Kind.GROUP,
        Kind.LIST,
    ]
    assert (of["name_of_it"].name, of["name_of_it"].flat) == ("nameOfIt", "title")
    assert of["part"].record is of["parts"].record is Part


def test_an_attribute_takes_over_what_it_does_not_state_itself() -> None:
    of = whole()
    assert (of["tags"].flat, of["tags"].sensitivity) == ("whole_tags", Sensitivity.PERSONAL)
    assert of["name_of_it"].sensitivity is Sensitivity.SECRET


def test_an_attribute_stands_under_its_own_name_unless_a_path_is_stated() -> None:
    (size,) = declared(Part, TOP)
    assert texts(size.paths) == ["size"]
    assert texts(whole()["name_of_it"].paths) == ["a.whole.name"]


def test_paths_lead_from_the_place_of_the_record_and_fallbacks_from_the_top() -> None:
    of = whole()
    assert texts(of["tags"].paths) == ["a.whole.tags", "a.whole.labels.all"]
    assert texts(of["anything"].paths) == ["a.whole.anything", "rest"]


def test_fallbacks_come_after_the_spellings() -> None:
    nick = whole()["nick"]
    assert (texts(nick.paths), texts(nick.keys), texts(nick.fallback)) == (
        ["a.whole.nick"],
        ["nick_name"],
        ["old.nick"],
    )


def test_what_is_derived_or_computed_stands_nowhere() -> None:
    of = whole()
    assert of["count"].paths == of["key"].paths == ()


def test_an_attribute_reads_its_value_from_a_record() -> None:
    (size,) = declared(Part, TOP)
    assert size.of(Part(size=3)) == 3


@pytest.mark.parametrize(("python", "name"), [("duration_seconds", "durationSeconds"), ("id", "id"), ("a_b_c", "aBC")])
def test_slots_and_fields_are_spelled_in_their_own_case(python: str, name: str) -> None:
    assert camel(python) == name
    assert snake(name) == python
