"""Notices: what an answer says beside its data, in ``extensions``."""

from __future__ import annotations

from typing import Any

from strawberry.extensions import SchemaExtension

from gateway.domain.coverage import Interval
from gateway.domain.principal import Scope
from gateway.graph.context import Context
from gateway.graph.scalars import written


class CoverageNotice(SchemaExtension):
    """Says of a list that reaches outside what the mirror holds for sure, so that calls may be missing in it."""

    def get_results(self) -> dict[str, Any]:
        """``coverage``: one entry for each such list, by its path; nothing where there is none."""
        context = self.execution_context.context
        return coverage(context) if isinstance(context, Context) else {}


class WithheldNotice(SchemaExtension):
    """Says which fields are null because they may not be shown, and which scope would show them."""

    def get_results(self) -> dict[str, Any]:
        """``withheld``: one entry for each scope that is missing; nothing where all was shown."""
        context = self.execution_context.context
        return withheld(context) if isinstance(context, Context) else {}


def coverage(context: Context) -> dict[str, Any]:
    """``coverage`` in the extensions of an answer, where there is something to say."""
    found = context.uncovered
    return {"coverage": [_notice(path, missing) for path, missing in sorted(found.items())]} if found else {}


def withheld(context: Context) -> dict[str, Any]:
    """``withheld`` in the extensions of an answer, where there is something to say."""
    if not context.withheld:
        return {}
    scopes = sorted({scope for scope, _ in context.withheld}, key=lambda scope: scope.value)
    entries = [_withheld(scope, sorted(field for of, field in context.withheld if of is scope)) for scope in scopes]
    return {"withheld": entries}


def _withheld(scope: Scope, fields: list[str]) -> dict[str, Any]:
    message = f"These fields are null because they need the scope {scope.value}."
    return {"scope": scope.value, "fields": fields, "message": message}


def _notice(path: str, missing: Interval) -> dict[str, str]:
    return {
        "path": path,
        "from": written(missing.start),
        "to": written(missing.end),
        "message": "Calls that were created in this time may be missing: the mirror does not hold it for sure.",
    }
