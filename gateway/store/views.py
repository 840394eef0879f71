"""Views: the flat tables that PostgreSQL itself gives to BI tools, in a schema of their own.

The policy of a caller ends there: a view shows the same rows and columns to whoever may read it. So the views carry
public attributes, and beyond them those that a setting names. Tables that are read from documents have no view, since
the database holds documents packed.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Select,
    String,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.sql.ddl import CreateView

from gateway.domain.attributes import Attribute, Kind, Sensitivity
from gateway.domain.catalog import Catalog
from gateway.domain.filters import EVERYTHING
from gateway.domain.metrics import Metric
from gateway.domain.tabular import (
    CALL_CREATED_AT,
    CALL_ID,
    CALLS,
    COSTS,
    CUSTOMERS,
    DAILY_METRICS,
    DAY,
    FlatTable,
    flat_tables,
)
from gateway.errors import SettingsInvalid
from gateway.ports import CHANGE
from gateway.store.customers import UNITS, customers
from gateway.store.listing import Listing
from gateway.store.measuring import measuring
from gateway.store.pages import calls
from gateway.store.tables import Tables
from gateway.store.types import OF_KIND

_DIALECT: Final = "postgresql"
_CHANGE_DOC: Final = "The number of the call's last change. Numbers only grow, in the order in which changes are seen."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view: its name, what a row of it is, what it selects, and what each of its columns is."""

    name: str
    doc: str
    selected: Select[Any]
    docs: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The views, the schema in which they stand, and the role that may read them and nothing else."""

    schema: str
    role: str
    views: tuple[View, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What the views are called."""
        return tuple(view.name for view in self.views)


def views(catalog: Catalog, tables: Tables, *, schema: str, role: str, named: Collection[str] = ()) -> Views:
    """The views of a mirror, with the attributes of these flat names beside the public ones.

    Raises:
        SettingsInvalid: no view could have such a column; the message lists those that can be named.
    """
    flat = [table for table in flat_tables(catalog).values() if not table.of_documents]
    _check(flat, named)
    sources = _sources(tables, catalog.metrics)
    made = (_view(table, sources[table.name], named) for table in flat)
    return Views(schema=schema, role=role, views=tuple(made))


def _check(flat: Iterable[FlatTable], named: Collection[str]) -> None:
    columns = {name: column for table in flat for name, column in table.columns.items()}
    unknown = [name for name in named if name not in columns]
    if unknown:
        nameable = ", ".join(name for name, column in columns.items() if not _is_public(column))
        raise SettingsInvalid(
            f"GATEWAY_BI_ATTRIBUTES names “{unknown[0]}”, which no view can have; beside the public attributes, which "
            f"they have anyhow, there are {nameable}",
            ("bi_attributes",),
        )


def _is_public(column: Attribute) -> bool:
    return column.sensitivity is Sensitivity.PUBLIC


@dataclasses.dataclass(frozen=True, slots=True)
class _Source:
    """Where the rows of a view are, which of them are meant, and its columns by their flat names.

    ``more`` are columns that are no attributes, with what they are.
    """

    rows: FromClause
    meant: ColumnElement[bool]
    columns: Mapping[str, ColumnElement[Any]]
    more: Mapping[str, tuple[ColumnElement[Any], str]] = dataclasses.field(default_factory=dict)


def _sources(tables: Tables, metrics: Sequence[Metric]) -> Mapping[str, _Source]:
    listed = calls(tables, _DIALECT)
    return {
        CALLS: _of_calls(tables, listed),
        CUSTOMERS: _of_customers(tables),
        COSTS: _of_costs(tables, listed),
        DAILY_METRICS: _of_metrics(listed, metrics),
    }


def _of_metrics(listed: Listing, metrics: Sequence[Metric]) -> _Source:
    """The metrics of a team for each day in UTC."""
    created: Any = listed.columns["created_at"]
    day = func.date_trunc(literal_column("'day'"), created, literal_column("'UTC'"), type_=created.type)
    measured = {m.column.flat: (measuring(m.measure, listed.columns, listed.matching), m.column) for m in metrics}
    values = (cast(value, OF_KIND[column.kind]).label(name) for name, (value, column) in measured.items())
    days = select(day.label(DAY), *values).select_from(listed.source).where(listed.listed).group_by(day)
    rows = days.subquery(DAILY_METRICS)
    return _Source(rows, true(), dict(rows.c.items()))


def _of_calls(tables: Tables, listed: Listing) -> _Source:
    more = {CHANGE: (tables.calls.c.mirror_change, _CHANGE_DOC)}
    return _Source(listed.source, listed.listed, listed.columns, more)


def _of_customers(tables: Tables) -> _Source:
    """The customers of all calls, with the figures in the units in which they are told."""
    known = customers(tables, _DIALECT, EVERYTHING, tables.customers.c.keys())
    figures = {name: cast(known.columns[whole], Double) / literal(float(of)) for name, (whole, of) in UNITS.items()}
    return _Source(known.source, known.listed, {**known.columns, **figures})


def _of_costs(tables: Tables, listed: Listing) -> _Source:
    of_call = {CALL_ID: tables.calls.c.id, CALL_CREATED_AT: tables.calls.c.created_at}
    joined = tables.costs.join(tables.calls, tables.calls.c.mirror_number == tables.costs.c.mirror_number)
    return _Source(joined, listed.listed, {**tables.costs.c, **of_call})


def _view(table: FlatTable, source: _Source, named: Collection[str]) -> View:
    shown = {
        name: column
        for name, column in table.columns.items()
        if _is_public(column) or name in named or name in table.key
    }
    more = {name: of for name, of in source.more.items() if name not in table.columns}
    values = {
        **{name: _flat(source.columns[name], column.kind) for name, column in shown.items()},
        **{name: value for name, (value, _) in more.items()},
    }
    docs = {
        **{name: column.description for name, column in shown.items()},
        **{name: doc for name, (_, doc) in more.items()},
    }
    labelled = (value.label(name) for name, value in values.items())
    return View(
        name=table.name,
        doc=table.doc,
        selected=select(*labelled).select_from(source.rows).where(source.meant),
        docs=docs,
    )


def _flat(column: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
    """A value as tools can group and compare it: a list as an array, since JSON equals nothing in PostgreSQL."""
    if kind is not Kind.STRINGS:
        return column
    element = func.json_array_elements_text(column).column_valued("element")
    elements = func.array(select(element).scalar_subquery(), type_=postgresql.ARRAY(Text))
    return case((column.is_not(null()), elements))


class Statement(ExecutableDDLElement):
    """A statement that SQLAlchemy has no class for: ``{0}``, ``{1}`` … are names, ``{text}`` is a text; both quoted."""

    inherit_cache = False

    def __init__(self, words: str, *names: str, text: str = "") -> None:
        self.words = words
        self.names = names
        self.text = text


@compiles(Statement)
def _compiled(statement: Statement, compiler: DDLCompiler, **_: Any) -> str:
    text = compiler.sql_compiler.render_literal_value(statement.text, String())
    return statement.words.format(*map(compiler.preparer.quote_identifier, statement.names), text=text)


Statements: TypeAlias = tuple[DDLElement, ...]


def making(of: Views) -> Statements:
    """What makes the views, in a schema that is there.

    Behind the security barrier no function of a reader's own is shown rows that the view leaves out.
    """
    return tuple(statement for view in of.views for statement in _making(of.schema, view))


def _making(schema: str, view: View) -> Iterator[DDLElement]:
    yield CreateView(view.selected, view.name, schema=schema)
    yield Statement("ALTER VIEW {0}.{1} SET (security_barrier = true)", schema, view.name)
    yield Statement("COMMENT ON VIEW {0}.{1} IS {text}", schema, view.name, text=view.doc)
    for name, doc in view.docs.items():
        yield Statement("COMMENT ON COLUMN {0}.{1}.{2} IS {text}", schema, view.name, name, text=doc)


def granting(of: Views) -> Statements:
    """What lets the role read the views."""
    return (
        Statement("GRANT USAGE ON SCHEMA {0} TO {1}", of.schema, of.role),
        *(Statement("GRANT SELECT ON {0}.{1} TO {2}", of.schema, name, of.role) for name in of.names),
    )


def dropping(schema: str, names: Iterable[str]) -> Statements:
    """What takes views away; nothing else goes with them."""
    return tuple(Statement("DROP VIEW IF EXISTS {0}.{1}", schema, name) for name in names)


def fingerprint(of: Views) -> str:
    """Changes whenever the views have to be made anew: by what they say, or by the types of the columns under them."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no types
    said = (str(statement.compile(dialect=dialect)) for statement in (*making(of), *granting(of)))
    types = (column.type.compile(dialect) for view in of.views for column in view.selected.selected_columns)
    return hashlib.sha256("\n".join((*said, *types)).encode()).hexdigest()[:32]
