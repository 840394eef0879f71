"""Functions: what both databases can do, under different names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class place_of(FunctionElement[int]):  # noqa: N801  # functions are named so
    """``place_of(text, part)``: where the part first stands in the text, from 1 on; 0 where it does not."""

    inherit_cache = True


class elements_of(FunctionElement[str]):  # noqa: N801  # functions are named so
    """``elements_of(list)``: a row for each text of a JSON list, under the column ``value``."""

    inherit_cache = True


class in_brackets(FunctionElement[bool]):  # noqa: N801  # functions are named so
    """``in_brackets(condition)``: the condition, as deep as it is by itself, whatever stands beside it."""

    inherit_cache = True


class unindexed(FunctionElement[Any]):  # noqa: N801  # functions are named so
    """``unindexed(column)``: the column's value, for which SQLite looks into no index.

    https://www.sqlite.org/optoverview.html: “disqualifying WHERE clause terms using unary +”
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.type = column.type
        super().__init__(column)


@compiles(unindexed)
def _value(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(unindexed, "sqlite")
def _plus(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


@compiles(in_brackets)
def _brackets(element: in_brackets, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


@compiles(place_of, "sqlite")
def _instr(element: place_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(place_of, "postgresql")
def _strpos(element: place_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(elements_of, "sqlite")
def _json_each(element: elements_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(elements_of, "postgresql")
def _json_array_elements(element: elements_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements_text({compiler.process(element.clauses, **options)})"
