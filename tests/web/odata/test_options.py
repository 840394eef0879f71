"""The query string of a request for an entity set says which rows and columns are wanted, or is refused by name."""

from __future__ import annotations

from typing import Final

import pytest

from gateway.domain.filters import EVERYTHING, Comparator, Condition
from gateway.domain.ordering import Direction, Nulls, Order
from gateway.errors import BadUserInput, Unimplemented
from gateway.web.odata.formats import Control, Format
from gateway.web.odata.options import REFUSED, Options, options
from tests.web.odata.tables import COLUMNS, TABLE

OWN: Final = ("asOf", "atLeast", "key")


def asked(*items: tuple[str, str]) -> Options:
    """What a query string asks of the table."""
    return options(items, TABLE, OWN)


def test_nothing_said_asks_for_everything() -> None:
    assert asked() == Options(
        select=tuple(COLUMNS),
        predicate=EVERYTHING,
        ordering=(),
        top=None,
        skip=0,
        count=False,
        skiptoken=None,
        format=None,
    )


def test_all_that_is_offered_can_be_said_at_once() -> None:
    found = asked(
        ("$select", "number, id"),
        ("$filter", "number gt 1"),
        ("$orderby", "number desc, id"),
        ("$top", "10"),
        ("$skip", "20"),
        ("$count", "true"),
        ("$skiptoken", "x"),
        ("$format", "application/json;odata.metadata=none"),
        ("key", "secret"),
        ("asOf", "7"),
    )
    assert found == Options(
        select=("number", "id"),
        predicate=Condition("number", Comparator.GT, 1),
        ordering=(Order("number", Direction.DESC, Nulls.LAST), Order("id", Direction.ASC, Nulls.FIRST)),
        top=10,
        skip=20,
        count=True,
        skiptoken="x",
        format=Format(Control.NONE),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", tuple(COLUMNS)),
        ("id", ("id",)),
        ("number,id", ("number", "id")),
        ("id, id", ("id",)),
        ("id,*", tuple(COLUMNS)),
    ],
)
def test_columns_are_chosen_in_their_order(text: str, expected: tuple[str, ...]) -> None:
    assert asked(("$select", text)).select == expected


@pytest.mark.parametrize(
    ("text", "direction", "nulls"),
    [
        ("number", Direction.ASC, Nulls.FIRST),
        ("number asc", Direction.ASC, Nulls.FIRST),
        ("number  desc ", Direction.DESC, Nulls.LAST),
    ],
)
def test_null_is_below_all_values(text: str, direction: Direction, nulls: Nulls) -> None:
    assert asked(("$orderby", text)).ordering == (Order("number", direction, nulls),)


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("$select", "nope", "the columns are id, word"),
        ("$select", "", "the columns are id, word"),
        ("$select", "customer/name", "the columns are id, word"),
        ("$filter", "nope eq 1", "the columns are id, word"),
        ("$orderby", "nope", "the columns are id, word"),
        ("$orderby", "", "the columns are id, word"),
        ("$orderby", "id,", "the columns are id, word"),
        ("$orderby", "id up", "asc or desc"),
        ("$orderby", "id asc desc", "asc or desc"),
        ("$orderby", "id,id desc", "each once"),
        ("$orderby", "id,word,number,share,flag,moment", "5 columns at most"),
        ("$top", "-1", "whole number"),
        ("$top", "1.5", "whole number"),
        ("$top", "", "whole number"),
        ("$top", "٣", "whole number"),
        ("$skip", "9" * 19, "whole number"),
        ("$skip", "9" * 9999, "whole number"),
        ("$count", "yes", "true or false"),
        ("$skiptoken", "", "nextLink"),
        ("$skiptoken", "x" * (2**16 + 1), "nextLink"),
        ("$format", "xml", "json"),
        ("$inlinecount", "allpages", r"the options are \$select, \$filter"),
        ("filter", "id eq 'a'", r"the options are \$select, .*, asOf, atLeast, key"),
        ("$Filter", "id eq 'a'", r"the options are \$select"),
    ],
)
def test_what_cannot_be_used_says_what_can(option: str, value: str, named: str) -> None:
    with pytest.raises(BadUserInput, match=named):
        asked((option, value))


@pytest.mark.parametrize("option", REFUSED)
def test_other_options_of_odata_are_refused_by_their_names(option: str) -> None:
    with pytest.raises(Unimplemented) as refused:
        asked((option, "x"))
    assert refused.value.what == option


@pytest.mark.parametrize(
    ("option", "value", "what"),
    [
        ("@x", "1", "a parameter alias"),
        ("$orderby", "length(word)", "$orderby by an expression"),
        ("$orderby", "tags", "$orderby by tags"),
        ("$format", "application/json;odata.metadata=full", "odata.metadata=full"),
        ("$filter", "endswith(word,'a')", "endswith()"),
    ],
)
def test_what_is_not_offered_within_an_option_is_refused_by_its_name(option: str, value: str, what: str) -> None:
    with pytest.raises(Unimplemented) as refused:
        asked((option, value))
    assert refused.value.what == what


@pytest.mark.parametrize("option", ["$top", "key"])
def test_an_option_is_stated_once_and_its_value_not_told(option: str) -> None:
    with pytest.raises(BadUserInput, match="stated once") as refused:
        asked((option, "12345"), (option, "12345"))
    assert "12345" not in str(refused.value)
