"""Literals: what a filter compares with, as values of a column's type."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any, Final

from odata_query import ast

from gateway.domain.attributes import Attribute
from gateway.errors import BadUserInput
from gateway.graph.predicates import LONGEST_TEXT
from gateway.web.odata.edm import PRECISION, Edm, type_of
from gateway.web.odata.syntax import OPTION

_INT64: Final = 2**63
_FRACTION: Final = re.compile(r"(?<=\.)\d+")


@dataclasses.dataclass(frozen=True, slots=True)
class Operand:
    """A literal as a value of a column's type: the greatest that is not above it.

    ``exact`` tells whether it is that value. 2.5 is none of a column of whole numbers, which can be compared with it
    all the same: what is greater than 2.5 is greater than 2.
    """

    value: Any
    exact: bool = True


def is_literal(node: Any) -> bool:
    """Whether it is a value, and not an expression."""
    return isinstance(node, ast._Literal)  # noqa: SLF001  # the library has no other name for all of them


def operand(node: Any, column: Attribute) -> Operand:
    """The value that a literal states for a column.

    Raises:
        BadUserInput: it is of another type than the column, or out of its range.
    """
    of = type_of(column)
    try:
        return _READ[of](node)
    except ValueError as error:
        reason = f"the column {column.flat} is compared with {error} ({of.value})"
        raise BadUserInput(OPTION, shown(node), reason) from None


def is_true(node: Any) -> bool:
    """Whether a literal that is true or false is true."""
    return bool(node.val.lower() == "true")


def whole(node: Any, of: str) -> int:
    """The whole number that a literal states; ``of`` is the function that it is compared with.

    Raises:
        BadUserInput: it is none.
    """
    if isinstance(node, ast.Integer) and -_INT64 <= (found := Decimal(node.val)) < _INT64:
        return int(found)
    raise BadUserInput(OPTION, shown(node), f"{of}() is compared with whole numbers (Edm.Int32)")


def day(node: Any, of: str) -> dt.date:
    """The date that a literal states; ``of`` is the function that it is compared with.

    Raises:
        BadUserInput: it is none.
    """
    try:
        if isinstance(node, ast.Date):
            return dt.date.fromisoformat(node.val)
    except ValueError:
        pass
    raise BadUserInput(OPTION, shown(node), f"{of}() is compared with dates, such as 2026-01-31 (Edm.Date)")


def shown(node: Any) -> str:
    """A literal as a message shows it."""
    match node:
        case ast.String(val):
            return f"'{val}'"
        case ast.Null():
            return "null"
        case ast.List():
            return "a list"
        case _:
            return str(node.val)


def _text(node: Any) -> Operand:
    if not isinstance(node, ast.String) or len(node.val) > LONGEST_TEXT:
        raise ValueError(f"texts in single quotes, of {LONGEST_TEXT} characters at most")
    if any("\ud800" <= letter <= "\udfff" for letter in node.val):
        raise ValueError("texts of Unicode characters")
    return Operand(node.val)


def _whole(node: Any) -> Operand:
    _check_number(node)
    try:
        found = Decimal(node.val)
    except InvalidOperation:  # an exponent beyond all measure
        raise ValueError("numbers of 64 bits") from None
    if not -_INT64 <= found < _INT64:
        raise ValueError("numbers of 64 bits")
    floor = found.to_integral_value(ROUND_FLOOR)
    return Operand(int(floor), floor == found)


def _double(node: Any) -> Operand:
    _check_number(node)
    found = float(node.val)
    if not math.isfinite(found):
        raise ValueError("finite numbers")
    return Operand(found)


def _check_number(node: Any) -> None:
    if not isinstance(node, ast.Integer | ast.Float):
        raise ValueError("numbers")  # noqa: TRY004  # it is a value that a caller stated


def _boolean(node: Any) -> Operand:
    if not isinstance(node, ast.Boolean):
        raise ValueError("true and false")  # noqa: TRY004  # likewise
    return Operand(is_true(node))


def _moment(node: Any) -> Operand:
    """A date and time, UTC where no zone is stated; a date is its first moment in UTC."""
    expected = "moments, such as 2026-01-31T12:00:00Z"
    if not isinstance(node, ast.DateTime | ast.Date):
        raise ValueError(expected)  # noqa: TRY004  # likewise
    text = node.val.upper()
    fraction = _FRACTION.search(text)
    digits = fraction.group() if fraction else ""
    try:
        read = dt.datetime.fromisoformat(_FRACTION.sub(digits[:PRECISION].ljust(PRECISION, "0"), text))
        moment = (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError(expected) from None
    return Operand(moment, exact=not digits[PRECISION:].strip("0"))


_READ: Final[Mapping[Edm, Callable[[Any], Operand]]] = {
    Edm.STRING: _text,
    Edm.INT64: _whole,
    Edm.DOUBLE: _double,
    Edm.BOOLEAN: _boolean,
    Edm.DATETIME_OFFSET: _moment,
}
