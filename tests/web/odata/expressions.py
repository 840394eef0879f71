"""Expressions of OData as small trees: written as text, and evaluated by the rules of the standard.

It is a second reading of OData URL Conventions 4.01, 5.1.1, which shares nothing with the gateway's: comparisons are
true or false, ``not``, ``and``, ``or`` and functions know null besides.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

Row: TypeAlias = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Moment:
    """A moment as a literal states it: ``beyond`` are digits behind the microseconds, ``offset`` is in minutes."""

    at: dt.datetime
    beyond: str = ""
    offset: int = 0


@dataclasses.dataclass(frozen=True)
class Column:
    """A column, or a function of it."""

    name: str
    function: str = ""


@dataclasses.dataclass(frozen=True)
class Compare:
    """A comparison; ``turned`` has the column on the right."""

    operator: str
    column: Column
    value: Any
    turned: bool = False


@dataclasses.dataclass(frozen=True)
class In:
    """Whether a column is one of these."""

    column: Column
    values: tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Part:
    """Whether a text has a part."""

    function: str
    column: Column
    part: str | None


@dataclasses.dataclass(frozen=True)
class Is:
    """An expression compared with true, false or null."""

    operator: str
    of: Expression
    value: bool | None


@dataclasses.dataclass(frozen=True)
class Not:
    """The opposite; ``close`` is written without a space."""

    of: Expression
    close: bool = False


@dataclasses.dataclass(frozen=True)
class Joined:
    """Several, joined by ``and`` or ``or``."""

    operator: str
    of: tuple[Expression, ...]


Expression: TypeAlias = Column | Compare | In | Part | Is | Not | Joined

TURNED: Final = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge", "eq": "eq", "ne": "ne"}


def written(expression: Expression) -> str:  # noqa: PLR0911  # one for each shape
    """The text of an expression."""
    match expression:
        case Column(name, function):
            return f"{function}({name})" if function else name
        case Compare(operator, column, value, turned):
            if turned:
                return f"{literal(value)} {TURNED[operator]} {written(column)}"
            return f"{written(column)} {operator} {literal(value)}"
        case In(column, values):
            return f"{written(column)} in ({','.join(map(literal, values))})"
        case Part(function, column, part):
            return f"{function}({written(column)}, {literal(part)})"
        case Is(operator, of, value):
            return f"({written(of)}) {operator} {literal(value)}"
        case Not(of, close):
            return f"not{'' if close else ' '}({written(of)})"
        case Joined(operator, of):
            return f" {operator} ".join(f"({written(each)})" for each in of)


def literal(value: Any) -> str:
    """A value as a literal."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return "'" + value.replace("'", "''") + "'"
        case Moment(at, beyond, offset):
            local = at.astimezone(dt.timezone(dt.timedelta(minutes=offset)))
            zone = local.strftime("%z")
            shown = f"{zone[:3]}:{zone[3:]}" if offset else "Z"
            return f"{local:%Y-%m-%dT%H:%M:%S.%f}{beyond}{shown}"
        case dt.date():
            return value.isoformat()
        case _:
            return str(value)


def evaluated(expression: Expression, row: Row) -> bool | None:  # noqa: PLR0911  # likewise
    """What the expression is for a row."""
    match expression:
        case Column():
            found: bool | None = _value(expression, row)
            return found
        case Compare(operator, column, value, _):
            return _compared(operator, _value(column, row), _comparable(value))
        case In(column, values):
            return any(_compared("eq", _value(column, row), _comparable(value)) for value in values)
        case Part(function, column, part):
            return _part(function, _value(column, row), part)
        case Is(operator, of, value):
            return _compared(operator, evaluated(of, row), value)
        case Not(of, _):
            inner = evaluated(of, row)
            return None if inner is None else not inner
        case Joined(operator, of):
            return _joined(operator, [evaluated(each, row) for each in of])


def _joined(operator: str, each: list[bool | None]) -> bool | None:
    decides = operator == "or"
    if decides in each:
        return decides
    return None if None in each else not decides


def _compared(operator: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        both = left is None and right is None
        return {"eq": both, "ge": both, "le": both, "ne": not both}.get(operator, False)
    found = {"eq": left == right, "ne": left != right, "gt": left > right, "lt": left < right}
    return bool({**found, "ge": left >= right, "le": left <= right}[operator])


def _part(function: str, text: str | None, part: str | None) -> bool | None:
    if text is None or part is None:
        return None
    return part in text if function == "contains" else text[: len(part)] == part


def _value(column: Column, row: Row) -> Any:
    found = row[column.name]
    if found is None or not isinstance(found, dt.datetime):
        return found
    match column.function:
        case "year":
            return found.year
        case "date":
            return (found.year, found.month, found.day)
        case _:
            return (found, Decimal(0))


def _comparable(value: Any) -> Any:
    match value:
        case Moment(at, beyond, _):
            return (at, Decimal(f"0.{beyond or 0}"))
        case dt.date():
            return (value.year, value.month, value.day)
        case _:
            return value
