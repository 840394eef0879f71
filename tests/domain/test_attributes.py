"""How a field is declared."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.domain.attributes import Json, Kind, Sensitivity, attribute, camel, declared, snake


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part."""

    size: int | None = attribute("part.size", doc="Its size.", unit="metres")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole."""

    key: str = ""
    name_of_it: str | None = attribute("name", doc="Its name.", flat="title", sensitivity=Sensitivity.SECRET)
    anything: Json = attribute("anything", doc="Whatever.")
    tags: tuple[str, ...] | None = attribute("tags", doc="Its tags.")
    part: Part | None = attribute(doc="Its part.")
    parts: tuple[Part, ...] | None = attribute("parts", doc="Its parts.")


def test_an_attribute_follows_from_the_annotation_and_the_declaration() -> None:
    of = {a.python: a for a in declared(Whole, prefix="whole", sensitivity=Sensitivity.PERSONAL)}
    assert list(of) == ["name_of_it", "anything", "tags", "part", "parts"]
    assert [a.kind for a in of.values()] == [Kind.STRING, Kind.JSON, Kind.STRINGS, Kind.GROUP, Kind.LIST]
    assert (of["name_of_it"].name, of["name_of_it"].flat) == ("nameOfIt", "title")
    assert (of["tags"].flat, of["tags"].sensitivity) == ("whole_tags", Sensitivity.PERSONAL)
    assert of["name_of_it"].sensitivity is Sensitivity.SECRET
    assert of["part"].record is of["parts"].record is Part


def test_an_attribute_reads_its_value_from_a_record() -> None:
    (size,) = declared(Part, prefix="", sensitivity=Sensitivity.PUBLIC)
    assert size.of(Part(size=3)) == 3


@pytest.mark.parametrize(("python", "name"), [("duration_seconds", "durationSeconds"), ("id", "id"), ("a_b_c", "aBC")])
def test_slots_and_fields_are_spelled_in_their_own_case(python: str, name: str) -> None:
    assert camel(python) == name
    assert snake(name) == python
