"""Dialect: DuckDB's SQL, which SQLAlchemy Core writes as PostgreSQL's but for a few functions.

Core only makes the statements here, so that a filter means the same in every database; DuckDB's own driver runs them.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from gateway.store.functions import elements_of, place_of
from gateway.store.measuring import average_of, sum_of

NAME: Final = "duckdb"


class _DuckDB(PGDialect):
    name = NAME
    supports_statement_cache = True


_DIALECT: Final = _DuckDB(paramstyle="qmark")  # type: ignore[no-untyped-call]


def written(statement: ClauseElement) -> tuple[str, list[Any]]:
    """A statement as DuckDB reads it, and its parameters in their order."""
    compiled: Any = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    given: dict[str, Any] = {}
    for name, bind in compiled.binds.items():
        process = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) or _as_it_is
        if bind.expanding:  # each of its values is a parameter of its own
            given |= {f"{name}_{number}": process(value) for number, value in enumerate(bind.value, 1)}
        else:
            given[name] = process(bind.value)
    return str(compiled), [given[name] for name in compiled.positiontup or ()]


def _as_it_is(value: Any) -> Any:
    return value


@compiles(place_of, NAME)
def _instr(element: place_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(elements_of, NAME)
def _unnest(element: elements_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest(CAST({compiler.process(element.clauses, **options)} AS VARCHAR[])) AS value)"


@compiles(sum_of, NAME)
def _fsum(element: sum_of, compiler: SQLCompiler, **options: Any) -> str:
    """Kahan's sum takes half the time that whole numbers of 128 bits do."""
    return f"fsum({compiler.process(element.clauses, **options)})"


@compiles(average_of, NAME)
def _favg(element: average_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"favg({compiler.process(element.clauses, **options)})"
