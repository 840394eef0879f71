"""Success: what the evaluation of a call says in the words of a team's rubric, as a yes, a no, or neither."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from gateway.domain.attributes import Document


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """The texts of Vapi's ``successEvaluation`` that mean yes, and those that mean no, whatever their case.

    Any other text means neither: a rubric of numbers or grades says by itself where success begins to nobody.
    """

    yes: tuple[str, ...] = ("true", "pass")
    no: tuple[str, ...] = ("false", "fail")

    def of(self, evaluation: object) -> bool | None:
        """What an evaluation means."""
        text = _plain(evaluation) if isinstance(evaluation, str | bool | int | float) else ""
        if text in map(_plain, self.yes):
            return True
        return False if text in map(_plain, self.no) else None

    @property
    def ambiguous(self) -> tuple[str, ...]:
        """Texts that would mean both."""
        return tuple(sorted({*map(_plain, self.yes)} & {*map(_plain, self.no)}))


def _plain(text: object) -> str:
    return str(text).strip().casefold()


def reader(success: Success) -> Callable[[Document], bool | None]:
    """What reads a call's success."""

    def read(document: Document) -> bool | None:
        analysis: Any = document.get("analysis")
        return success.of(analysis.get("successEvaluation")) if isinstance(analysis, dict) else None

    return read


def texts(success: Success) -> Iterable[list[str]]:
    """The mapping as plain lists."""
    return [list(success.yes), list(success.no)]
