"""Notices: what an answer says beside its data, in ``extensions``."""

from __future__ import annotations

from typing import Any

from strawberry.extensions import SchemaExtension

from gateway.domain.coverage import Interval
from gateway.graph.context import Context
from gateway.graph.scalars import written


class CoverageNotice(SchemaExtension):
    """Says of a list that reaches outside what the mirror holds for sure, so that calls may be missing in it."""

    def get_results(self) -> dict[str, Any]:
        """``coverage``: one entry for each such list, by its path; nothing where there is none."""
        context = self.execution_context.context
        found = context.uncovered if isinstance(context, Context) else {}
        return {"coverage": [_notice(path, missing) for path, missing in sorted(found.items())]} if found else {}


def _notice(path: str, missing: Interval) -> dict[str, str]:
    return {
        "path": path,
        "from": written(missing.start),
        "to": written(missing.end),
        "message": "Calls that were created in this time may be missing: the mirror does not hold it for sure.",
    }
