"""Filters: a ``$filter`` as a predicate that holds for exactly the rows for which OData calls it true.

OData's logic has three values, ours (`gateway.domain.filters`) two. They agree on comparisons, which OData never calls
null (OData URL Conventions 4.01, 5.1.1.1): nothing but null equals null, so ``ne`` is true of it, ``gt`` and its like
are false, and ``ge`` and ``le`` are true of two nulls. But a column of truths can be null, and so is a function of a
null; ``not`` leaves that null, where ours would make it true. So an expression is read as two predicates: where it is
true, and where it is false.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from odata_query import ast

from gateway.domain.attributes import Attribute
from gateway.domain.filters import EVERYTHING, AllOf, AnyOf, Comparator, Condition, Not, Predicate
from gateway.errors import BadUserInput, Unimplemented
from gateway.graph.predicates import DEEPEST, MOST_CONDITIONS, MOST_OPERANDS
from gateway.web.odata import spans
from gateway.web.odata.edm import Edm, column_of, is_list, type_of
from gateway.web.odata.literals import is_literal, is_true, operand, shown
from gateway.web.odata.syntax import OFFERED, OPTION, full_name, tree

FUNCTIONS: Final = ("contains", "startswith", "year", "date")
"""The functions that are offered."""

_NOTHING: Final = AnyOf()
_PARTS: Final = {"contains": Comparator.CONTAINS, "startswith": Comparator.STARTS_WITH}
_COMPARATORS: Final[Mapping[type, Comparator]] = {
    ast.Eq: Comparator.EQ,
    ast.NotEq: Comparator.NEQ,
    ast.Gt: Comparator.GT,
    ast.GtE: Comparator.GTE,
    ast.Lt: Comparator.LT,
    ast.LtE: Comparator.LTE,
}
_TURNED: Final = {
    Comparator.GT: Comparator.LT,
    Comparator.GTE: Comparator.LTE,
    Comparator.LT: Comparator.GT,
    Comparator.LTE: Comparator.GTE,
}
"""What holds of the right side where this holds of the left one; the others are the same."""
_BETWEEN: Final = {Comparator.GTE: Comparator.GT, Comparator.LT: Comparator.LTE}
"""What to compare with the greatest value below, where the stated one is none; the others are the same."""
_OPERATORS: Final[Mapping[type, str]] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Mod: "mod",
    ast.USub: "-",
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Truth:
    """Where an expression is true, and where it is false; elsewhere it is null."""

    true: Predicate
    false: Predicate


def predicate(text: str, columns: Mapping[str, Attribute]) -> Predicate:
    """What a ``$filter`` over these columns amounts to.

    Raises:
        BadUserInput: it cannot be read, names no column, compares with a value of another type, or is too large.
        Unimplemented: OData knows what it says, and this gateway does not.
    """
    return _Reading(columns).truth(tree(text), 0).true


class _Reading:
    """Reads one filter, counting what it asks for."""

    def __init__(self, columns: Mapping[str, Attribute]) -> None:
        self._columns = columns
        self._conditions = 0
        self._operands = 0

    def truth(self, node: Any, depth: int) -> _Truth:
        """An expression that is true or false."""
        if depth > DEEPEST:
            raise BadUserInput(OPTION, "a filter", f"and, or and not can stand {DEEPEST} deep in one another at most")
        match node:
            case ast.BoolOp():
                each = [self.truth(one, depth + 1) for one in _operands(node)]
                trues, falses = tuple(one.true for one in each), tuple(one.false for one in each)
                return _Truth(AllOf(trues), AnyOf(falses)) if _is_and(node) else _Truth(AnyOf(trues), AllOf(falses))
            case ast.UnaryOp(ast.Not(), inner):
                found = self.truth(inner, depth + 1)
                return _Truth(found.false, found.true)
            case ast.Compare():
                return _either(self._compared(node, depth))
            case ast.Call(ast.Identifier(name, ()), arguments) if name in _PARTS:
                return self._part(name, *arguments)
            case ast.Identifier():
                return self._of_column(node)
            case ast.Boolean():
                return _either(EVERYTHING if is_true(node) else _NOTHING)
            case _:
                raise _unusable(node)

    def _compared(self, node: ast.Compare, depth: int) -> Predicate:
        if isinstance(node.comparator, ast.In):
            return self._listed(node.left, node.right)
        comparator, left, right = _COMPARATORS[type(node.comparator)], node.left, node.right
        if is_literal(left):
            comparator, left, right = _TURNED.get(comparator, comparator), right, left
        if not is_literal(right):
            raise self._no_value(left, right)
        if is_literal(left):
            raise Unimplemented("a value against a value", OFFERED)
        self._count(1)
        if _is_condition(left):
            return _of_truth(self.truth(left, depth + 1), comparator, right)
        return self._condition(left, comparator, right)

    def _condition(self, left: Any, comparator: Comparator, right: Any) -> Predicate:
        """A column, or a function of one, compared with a value."""
        function, column = self._measured(left)
        if isinstance(right, ast.Null):
            return _of_null(column, comparator)
        if function:
            return spans.predicate(function, column.flat, comparator, right)
        _check_comparable(column, comparator)
        found = operand(right, column)
        if found.exact:
            return Condition(column.flat, comparator, found.value)
        if comparator in (Comparator.EQ, Comparator.NEQ):
            return _NOTHING if comparator is Comparator.EQ else EVERYTHING
        return Condition(column.flat, _BETWEEN.get(comparator, comparator), found.value)

    def _no_value(self, left: Any, right: Any) -> Unimplemented:
        """What to say where there is no value to compare with; a text without its quotes is taken for a column."""
        for side in (left, right):
            if not isinstance(side, ast.Identifier):
                return _uncomparable(side)
            self._column(side)
        return Unimplemented("a column against a column", OFFERED)

    def _listed(self, left: Any, right: Any) -> Predicate:
        """A column, or a function of one, among values."""
        if is_literal(left):
            raise Unimplemented("a value against a value", OFFERED)
        if _is_condition(left):
            raise Unimplemented("a condition in a list", OFFERED)
        function, column = self._measured(left)
        self._check_size(len(right.val))
        for value in right.val:
            if not is_literal(value):
                raise _uncomparable(value)
        known = [value for value in right.val if not isinstance(value, ast.Null)]
        null = (_of_null(column, Comparator.EQ),) if len(known) < len(right.val) else ()
        if function:
            self._count(len(right.val))
            return AnyOf((*null, *(spans.predicate(function, column.flat, Comparator.EQ, one) for one in known)))
        self._count(1)
        if known:
            _check_comparable(column, Comparator.IN)
        found = (operand(value, column) for value in known)
        values = tuple(one.value for one in found if one.exact)
        among = Condition(column.flat, Comparator.IN, values)
        return AnyOf((*null, among)) if null else among

    def _measured(self, node: Any) -> tuple[str, Attribute]:
        """What stands on the side of the column: a function of it, or "" for itself, and the column."""
        match node:
            case ast.Identifier():
                return "", self._column(node)
            case ast.Call(ast.Identifier(name, ()), [inner]) if name in spans.FUNCTIONS:
                return name, self._argument(name, inner, Edm.DATETIME_OFFSET)
            case _:
                raise _uncomparable(node)

    def _part(self, function: str, of: Any, part: Any) -> _Truth:
        """Whether a text has a part; of null, that is null."""
        column = self._argument(function, of, Edm.STRING)
        self._count(1)
        if not is_literal(part):
            raise _uncomparable(part)
        if isinstance(part, ast.Null):
            return _Truth(_NOTHING, _NOTHING)
        _check_comparable(column, _PARTS[function])
        return _where_known(Condition(column.flat, _PARTS[function], operand(part, column).value), column)

    def _of_column(self, node: Any) -> _Truth:
        """A column that is itself true, false or null."""
        column = self._column(node)
        if type_of(column) is not Edm.BOOLEAN:
            reason = (
                f"it is no condition: {column.flat} is {type_of(column).value}, and is to be compared with a value; "
                "what “not” is about stands in parentheses"
            )
            raise BadUserInput(OPTION, column.flat, reason)
        self._count(1)
        return _where_known(Condition(column.flat, Comparator.EQ, True), column)  # noqa: FBT003  # the value

    def _argument(self, function: str, node: Any, of: Edm) -> Attribute:
        if not isinstance(node, ast.Identifier):
            raise _uncomparable(node) if not is_literal(node) else Unimplemented(f"{function}() of a value", OFFERED)
        column = self._column(node)
        if type_of(column) is not of:
            reason = f"{function}() is of a column of {of.value}, and {column.flat} is {type_of(column).value}"
            raise BadUserInput(OPTION, column.flat, reason)
        return column

    def _column(self, node: Any) -> Attribute:
        return column_of(self._columns, full_name(node), OPTION)

    def _count(self, conditions: int) -> None:
        self._conditions += conditions
        if self._conditions > MOST_CONDITIONS:
            reason = f"a filter can have {MOST_CONDITIONS} conditions at most; many values of one column fit into “in”"
            raise BadUserInput(OPTION, f"condition {self._conditions}", reason)

    def _check_size(self, operands: int) -> None:
        self._operands += operands
        if self._operands > MOST_OPERANDS:
            raise BadUserInput(
                OPTION, f"{self._operands} values", f"its lists can have {MOST_OPERANDS} values at most, all together"
            )


def _either(holds: Predicate) -> _Truth:
    """What is never null."""
    return _Truth(holds, Not(holds))


def _where_known(condition: Condition, column: Attribute) -> _Truth:
    """What is null where its column is."""
    return _Truth(condition, AllOf((_of_null(column, Comparator.NEQ), Not(condition))))


def _of_null(column: Attribute, comparator: Comparator) -> Predicate:
    """A column compared with null, which equals itself alone, and is neither greater nor less than anything."""
    if comparator in (Comparator.GT, Comparator.LT):
        return _NOTHING
    return Condition(column.flat, Comparator.IS_NULL, comparator is not Comparator.NEQ)


def _of_truth(found: _Truth, comparator: Comparator, right: Any) -> Predicate:
    """An expression that is true, false or null, compared with one of these."""
    if comparator not in (Comparator.EQ, Comparator.NEQ):
        raise Unimplemented("gt, ge, lt or le of a condition", OFFERED)
    match right:
        case ast.Boolean():
            holds = found.true if is_true(right) else found.false
        case ast.Null():
            holds = AllOf((Not(found.true), Not(found.false)))
        case _:
            reason = "a condition is compared with true, false or null; what “not” is about stands in parentheses"
            raise BadUserInput(OPTION, shown(right), reason)
    return holds if comparator is Comparator.EQ else Not(holds)


def _check_comparable(column: Attribute, comparator: Comparator) -> None:
    if is_list(column):
        raise Unimplemented(f"a condition on {column.flat}", "it is a list, and can be compared with null only")
    if type_of(column) is Edm.BOOLEAN and comparator in _TURNED:
        raise Unimplemented(f"gt, ge, lt or le of {column.flat}", "it is true or false, and compared by eq and ne")


def _operands(node: ast.BoolOp) -> list[Any]:
    """What a row of the same operator joins, however long the row is."""
    left: list[Any] = [node]
    found: list[Any] = []
    while left:
        each = left.pop()
        if isinstance(each, ast.BoolOp) and type(each.op) is type(node.op):
            left += (each.right, each.left)
        else:
            found.append(each)
    return found


def _is_and(node: ast.BoolOp) -> bool:
    return isinstance(node.op, ast.And)


def _is_condition(node: Any) -> bool:
    """Whether it is true or false by itself, and no column."""
    is_function = isinstance(node, ast.Call) and full_name(node.func) in _PARTS
    is_not = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return is_function or is_not or isinstance(node, ast.BoolOp | ast.Compare)


def _unusable(node: Any) -> BadUserInput | Unimplemented:
    """What to say of an expression that is no condition."""
    if is_literal(node):
        return BadUserInput(OPTION, shown(node), f"it is no condition; {OFFERED}")
    if isinstance(node, ast.Call) and full_name(node.func) in spans.FUNCTIONS:
        return BadUserInput(OPTION, f"{full_name(node.func)}()", f"it is no condition; {OFFERED}")
    return _uncomparable(node)


def _uncomparable(node: Any) -> Unimplemented:
    """What to say of an expression where a column or a value is to stand."""
    match node:
        case ast.Call(function):
            place = " in this place" if full_name(function) in FUNCTIONS else ""
            return Unimplemented(f"{full_name(function)}(){place}", OFFERED)
        case ast.BinOp(op) | ast.UnaryOp(op):
            return Unimplemented(_OPERATORS.get(type(op), "not"), OFFERED)
        case ast.Identifier(name):
            return Unimplemented(f"the column {name} in this place", OFFERED)
        case _:
            return Unimplemented("a condition in this place", OFFERED)
