"""A `$filter` becomes a predicate that holds for exactly the rows for which OData calls it true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odatapy.data import Entity
from odatapy.edm import Edm as Model
from odatapy.edm.xml_io import XmlEdmProvider
from odatapy.server.eval import evaluate_filter
from odatapy.server.uri import Parser

from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate, holds
from gateway.errors import BadUserInput, Unimplemented
from gateway.graph.predicates import DEEPEST, LONGEST_TEXT, MOST_CONDITIONS, MOST_OPERANDS
from gateway.web.odata.filters import predicate
from gateway.web.odata.metadata import metadata
from gateway.web.odata.syntax import LONGEST
from tests.web.odata.expressions import Column, Compare, Expression, In, Is, Joined, Moment, Part, evaluated, written
from tests.web.odata.expressions import Not as Opposite
from tests.web.odata.tables import COLUMNS, ROW, TABLE

EQ, GT, GTE, LT = Comparator.EQ, Comparator.GT, Comparator.GTE, Comparator.LT
OFFERED: Final = ("eq", "ne", "gt", "ge", "lt", "le")


def _utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type, misc]


KNOWN: Final = Condition("moment", Comparator.IS_NULL, value=False)
NOTHING: Final = AnyOf()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("word eq 'it''s'", Condition("word", EQ, "it's")),
        ("word ne 'a'", Condition("word", Comparator.NEQ, "a")),
        ("number gt 5", Condition("number", GT, 5)),
        ("5 lt number", Condition("number", GT, 5)),
        ("number le -5", Condition("number", Comparator.LTE, -5)),
        ("number gt 2.5", Condition("number", GT, 2)),
        ("number ge 2.5", Condition("number", GT, 2)),
        ("number lt -2.5", Condition("number", Comparator.LTE, -3)),
        ("number eq 2.5", NOTHING),
        ("number ne 2.5", AllOf()),
        ("number eq 2.0", Condition("number", EQ, 2)),
        ("share eq 1e-3", Condition("share", EQ, 0.001)),
        ("flag eq TRUE", Condition("flag", EQ, value=True)),
        ("flag", Condition("flag", EQ, value=True)),
        ("allowed ne false", Condition("allowed", Comparator.NEQ, value=False)),
        ("nullable eq 'x'", Condition("nullable", EQ, "x")),
        ("word eq null", Condition("word", Comparator.IS_NULL, value=True)),
        ("tags ne null", Condition("tags", Comparator.IS_NULL, value=False)),
        ("number ge null", Condition("number", Comparator.IS_NULL, value=True)),
        ("number gt null", NOTHING),
        ("word in ('a')", Condition("word", Comparator.IN, ("a",))),
        ("word in ( 'a' , 'b' )", Condition("word", Comparator.IN, ("a", "b"))),
        ("number in (1,2.5)", Condition("number", Comparator.IN, (1,))),
        (
            "word in ('a',null)",
            AnyOf((Condition("word", Comparator.IS_NULL, value=True), Condition("word", Comparator.IN, ("a",)))),
        ),
        ("contains(word,'a')", Condition("word", Comparator.CONTAINS, "a")),
        ("startswith(result, 'a')", Condition("result", Comparator.STARTS_WITH, "a")),
        ("contains(word,'a') eq true", Condition("word", Comparator.CONTAINS, "a")),
        ("not(number eq 1)", Not(Condition("number", EQ, 1))),
        ("not (number eq 1)", Not(Condition("number", EQ, 1))),
        ("moment ge 2026-01-01", Condition("moment", GTE, _utc(2026, 1, 1))),
        ("moment ge 2026-01-01T00:00Z", Condition("moment", GTE, _utc(2026, 1, 1))),
        ("moment ge 2026-01-01T02:00:00+02:00", Condition("moment", GTE, _utc(2026, 1, 1))),
        ("moment ge 2026-01-01T00:00:00", Condition("moment", GTE, _utc(2026, 1, 1))),
        ("moment gt 2026-01-01T00:00:00.1200000Z", Condition("moment", GT, _utc(2026, 1, 1, 0, 0, 0, 120_000))),
        ("moment ge 2026-01-01T00:00:00.0000015Z", Condition("moment", GT, _utc(2026, 1, 1, 0, 0, 0, 1))),
        ("year(moment) ge 2026", Condition("moment", GTE, _utc(2026, 1, 1))),
        ("year(moment) gt 2026", Condition("moment", GTE, _utc(2027, 1, 1))),
        ("year(moment) lt 2026", Condition("moment", LT, _utc(2026, 1, 1))),
        ("2026 ge year(moment)", Condition("moment", LT, _utc(2027, 1, 1))),
        ("date(moment) le 2026-01-31", Condition("moment", LT, _utc(2026, 2, 1))),
        (
            "date(moment) eq 2026-01-31",
            AllOf((Condition("moment", GTE, _utc(2026, 1, 31)), Condition("moment", LT, _utc(2026, 2, 1)))),
        ),
        ("date(moment) le 9999-12-31", KNOWN),
        ("date(moment) gt 9999-12-31", NOTHING),
        ("year(moment) lt 99999", KNOWN),
        ("year(moment) ge 10000", NOTHING),
        ("date(moment) ne null", KNOWN),
        ("true", AllOf()),
        ("false", NOTHING),
    ],
)
def test_a_filter_is_read(text: str, expected: Predicate) -> None:
    assert predicate(text, COLUMNS) == expected


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("number eq 1 or number eq 2 and flag", "(number eq 1) or ((number eq 2) and (flag))"),
        ("not flag and allowed", "(not flag) and allowed"),
        ("not flag eq true", "(not flag) eq true"),
        ("not number in (1,2)", "not (number in (1,2))"),
        ("number gt 1 eq true", "(number gt 1) eq true"),
        ("number eq 1 and number eq 2 and number eq 3", "(number eq 1 and number eq 2) and number eq 3"),
        (" ( number eq 1 ) ", "number eq 1"),
    ],
)
def test_operators_bind_as_the_standard_says(text: str, like: str) -> None:
    assert predicate(text, COLUMNS) == predicate(like, COLUMNS)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nope eq 1", "the columns are id, word"),
        ("word eq x", "the columns are id, word"),
        ("word eq 1", r"column word is compared with texts in single quotes.*Edm.String"),
        ("share eq '1'", r"'1'.*column share is compared with numbers \(Edm.Double\)"),
        ("number eq 9223372036854775808", "64 bits"),
        ("number eq 1e99999999999999999999", "64 bits"),
        ("share eq 1e999", "finite"),
        ("flag eq 1", "true and false"),
        ("moment eq '2026-01-01'", "moments"),
        ("moment eq 2026-02-30", "moments"),
        ("moment eq 2026-01-01T00:00::00Z", "moments"),
        ("moment eq 9999-12-31T23:00:00-05:00", "moments"),
        ("id eq 550e8400-e29b-41d4-a716-446655440000", "single quotes"),
        ("word eq (1,2)", "a list"),
        ("year(moment) eq 2026.5", "whole numbers"),
        ("year(moment) eq 99999999999999999999", "whole numbers"),
        ("date(moment) eq '2026-01-01'", "dates"),
        ("date(moment) eq 2026-02-30", "dates"),
        ("year(number) eq 2026", r"year\(\) is of a column of Edm.DateTimeOffset, and number is Edm.Int64"),
        ("contains(number,'1')", "number is Edm.Int64"),
        ("contains(word,1)", "single quotes"),
        ("contains(word)", "another number of arguments"),
        ("not number eq 1", "“not” is about stands in parentheses"),
        ("not flag eq 1", "compared with true, false or null"),
        ("number", "no condition"),
        ("'a'", "no condition"),
        ("year(moment)", "no condition"),
        ("customer/name eq 'a'", "without a path"),
        ("/".join("a" * (LONGEST // 2)), "without a path"),
        ("f(x=1,y=2,z=3)", "by eq"),
        ("", "empty"),
        ("number eq", "cannot be read"),
        ("number eq ", "cannot be read"),
        ("(number eq 1", "ends too early"),
        ("word eq 'a", "cannot be read from here on"),
        ("number == 1", "by eq|cannot be read"),
        ("word in ()", "cannot be read"),
        (f"word eq '{'a' * (LONGEST_TEXT + 1)}'", f"{LONGEST_TEXT} characters"),
        (f"word eq '{'a' * LONGEST}'", f"{LONGEST} characters"),
        ("number eq " + "9" * (LONGEST - 20), "64 bits"),
    ],
)
def test_a_filter_that_cannot_be_used_says_what_can(text: str, named: str) -> None:
    with pytest.raises(BadUserInput, match=named):
        predicate(text, COLUMNS)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("endswith(word,'a')", "endswith()"),
        ("tolower(word) eq 'a'", "tolower()"),
        ("contains(toupper(word),'a')", "toupper()"),
        ("contains(word,word)", "the column word in this place"),
        ("contains('a',word)", "contains() of a value"),
        ("month(moment) eq 1", "month()"),
        ("moment lt now()", "now()"),
        ("now() gt moment", "now()"),
        ("year(now()) eq 2026", "now()"),
        ("cast(number,Edm.String) eq 'a'", "cast()"),
        ("geo.length(word) eq 1", "geo.length()"),
        ("number add 1 eq 2", "add"),
        ("number div 2 eq 2", "div"),
        ("number divby 2 eq 2", "divby"),
        ("-number eq 2", "-"),
        ("word has 'x'", "has"),
        ("tags/any(t:t eq 'a')", "any"),
        ("tags/$count gt 1", "$count"),
        ("$it eq 1", "$it"),
        ("number eq @a", "@a"),
        ("number eq number", "a column against a column"),
        ("1 eq 1", "a value against a value"),
        ("1 in (1,2)", "a value against a value"),
        ("number in (1,number)", "the column number in this place"),
        ("flag in (flag,true)", "the column flag in this place"),
        ("(number eq 1) in (true,false)", "a condition in a list"),
        ("(number eq 1) gt false", "gt, ge, lt or le of a condition"),
        ("(number eq 1) eq (number eq 2)", "a condition in this place"),
        ("flag gt false", "gt, ge, lt or le of flag"),
        ("tags eq 'a'", "a condition on tags"),
        ("contains(tags,'a')", "a condition on tags"),
        ("tags in ('a','b')", "a condition on tags"),
    ],
)
def test_what_is_not_offered_is_refused_by_its_name(text: str, what: str) -> None:
    with pytest.raises(Unimplemented) as refused:
        predicate(text, COLUMNS)
    assert refused.value.what == what


def test_a_filter_can_be_as_large_as_the_limits_say() -> None:
    many = " or ".join("number eq 1" for _ in range(MOST_CONDITIONS))
    wide = f"number in ({','.join('1' for _ in range(MOST_OPERANDS))})"
    deep = "not " * DEEPEST + "flag"
    parentheses = "(" * 4000 + "flag" + ")" * 4000
    for text in (many, wide, deep, parentheses):
        predicate(text, COLUMNS)
    for text in (f"{many} or flag", f"{wide} or number in (1)", f"not {deep}"):
        with pytest.raises(BadUserInput, match="at most"):
            predicate(text, COLUMNS)


TEXTS: Final = ("", "a", "b", "ab", "it's", "null", "A")
NUMBERS: Final = (-(2**63), -1, 0, 1, 2, 2**63 - 1)
SHARES: Final = (-0.5, 0.0, 0.1, 1.0, 1e300)
MOMENTS: Final = (
    dt.datetime.min.replace(tzinfo=dt.UTC),
    _utc(2025, 12, 31, 23, 59, 59, 999_999),
    _utc(2026, 1, 1),
    _utc(2026, 1, 1, 0, 0, 0, 1),
    _utc(2026, 12, 31, 23, 59, 59),
    dt.datetime.max.replace(tzinfo=dt.UTC),
)
STATED: Final = (
    *(Moment(at) for at in MOMENTS[1:]),
    Moment(MOMENTS[2], beyond="5"),
    Moment(MOMENTS[3], beyond="000", offset=330),
    Moment(MOMENTS[1], beyond="9", offset=-300),
)
DAYS: Final = (dt.date(2025, 12, 31), dt.date(2026, 1, 1), dt.date(9999, 12, 31))
YEARS: Final = (-1, 0, 1, 2025, 2026, 9999, 10_000)
ROWS: Final = st.fixed_dictionaries(
    {
        "word": st.sampled_from((None, *TEXTS)),
        "number": st.sampled_from((None, *NUMBERS)),
        "share": st.sampled_from((None, *SHARES)),
        "flag": st.sampled_from((None, False, True)),
        "allowed": st.sampled_from((None, False, True)),
        "moment": st.sampled_from((None, *MOMENTS)),
    }
)
COMPARED: Final[Sequence[tuple[Column, Sequence[Any]]]] = (
    (Column("word"), TEXTS),
    (Column("number"), (*NUMBERS, Decimal("0.5"), Decimal("-0.5"), Decimal("1.0"))),
    (Column("share"), SHARES),
    (Column("moment"), STATED),
    (Column("moment", "year"), YEARS),
    (Column("moment", "date"), DAYS),
)


def _leaf(column: Column, values: Sequence[Any]) -> st.SearchStrategy[Expression]:
    one = st.sampled_from((None, *values))
    compared = st.builds(Compare, st.sampled_from(OFFERED), st.just(column), one, st.booleans())
    return compared | st.builds(In, st.just(column), st.lists(one, min_size=1, max_size=3).map(tuple))


def _joined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    conditions = inner.filter(lambda each: not isinstance(each, Column))
    return (
        st.builds(Joined, st.sampled_from(("and", "or")), several)
        | st.builds(Opposite, inner, st.booleans())
        | st.builds(Is, st.sampled_from(("eq", "ne")), conditions, st.sampled_from((None, False, True)))
    )


_FLAGS: Final[st.SearchStrategy[Expression]] = st.sampled_from((Column("flag"), Column("allowed")))
_PARTS: Final[st.SearchStrategy[Expression]] = st.builds(
    Part, st.sampled_from(("contains", "startswith")), st.just(Column("word")), st.sampled_from((None, *TEXTS))
)
_LEAVES: Final = st.one_of(_FLAGS, _PARTS, *(_leaf(column, values) for column, values in COMPARED))
EXPRESSIONS: Final = st.recursive(_LEAVES, _joined, max_leaves=5)


@given(EXPRESSIONS, st.lists(ROWS, min_size=1, max_size=5))
def test_a_filter_holds_for_the_rows_for_which_the_standard_calls_it_true(
    expression: Expression, rows: list[dict[str, Any]]
) -> None:
    try:
        found = predicate(written(expression), COLUMNS)
    except BadUserInput as refused:
        assert "deep" in refused.expected  # noqa: PT017  # the only reason there can be
        return
    assert [holds(found, row) for row in rows] == [evaluated(expression, row) is True for row in rows]


_PIECES: Final = (
    *("word", "number", "flag", "moment", "tags", "nope", "'a'", "1", "2.5", "null", "true", "2026-01-01", "'"),
    *("2026-01-01T00:00Z", "duration'P1D'", "geography'POINT'", "year", "date", "contains", "now()", "$it", "@a"),
    *("eq", "ne", "in", "and", "or", "not", "add", "any", "-", "(", ")", ",", "/", "=", ":", " ", "  "),
)


@given(st.lists(st.sampled_from(_PIECES), max_size=12), st.sampled_from(("", " ")))
def test_whatever_is_stated_is_read_or_refused(pieces: list[str], between: str) -> None:
    try:
        assert predicate(between.join(pieces), COLUMNS) is not None
    except (BadUserInput, Unimplemented) as refused:
        assert "“" in str(refused)  # noqa: PT017  # either way is right


OTHERS: Final = Parser(Model(XmlEdmProvider(metadata({"things": TABLE}))))
"""The parser of a server that others wrote, which knows our columns by our metadata."""


@pytest.mark.parametrize(
    "text",
    [
        "word eq 'it''s'",
        "word ne 'it''s' or number eq 7",
        "not (word eq 'a') and number eq 7 or flag",
        "not contains(word,'t') or not allowed",
        "not flag eq true",
        "number gt 6.5 and number lt 7.5",
        "number gt 1 eq true",
        "7 ge number and 7 le number",
        "number in (1,7) and not (number in (1,2))",
        "nullable eq 'x' and allowed eq false",
        "startswith(word,'it') and not startswith(word,'is')",
        "moment gt 2026-03-04T05:06:07.123455Z and moment lt 2026-03-04T07:06:07.123457+02:00",
        "moment eq 2026-03-04T05:06:07.123456Z",
        "year(moment) eq 2026 and year(moment) lt 2027",
        "date(moment) eq 2026-03-04",
        "date(moment) gt 2026-03-04",
        "share le 0.5 and share ge 5e-1",
        "word eq null or share ne null",
    ],
)
def test_the_server_of_others_finds_the_same(text: str) -> None:
    entity = Entity()
    for name, value in ROW.items():
        entity.set_property(name, value)
    uri = OTHERS.parse_uri("/things", f"$filter={text.replace('+', '%2B')}")
    assert uri.filter is not None
    expected = evaluate_filter(entity, uri.filter.expression)
    assert holds(predicate(text, COLUMNS), ROW) is expected
