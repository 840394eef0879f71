"""One run: random calls, decoded as they are and mutated, counted."""

from __future__ import annotations

import dataclasses
import random
import time
import traceback
from collections import Counter
from typing import Any, Final

import pydantic
from vapi.types.call import Call as SdkCall

from gateway.domain.catalog import Catalog, Configured, build
from gateway.domain.decode import Decoded, decoder
from gateway.domain.redaction import redact
from tests.fuzz.mutations import mutated
from tests.fuzz.sdk_models import SdkCalls
from tests.fuzz.survival import Survival

_CHECKED_EVERY: Final = 50
"""One call in so many is validated by the SDK itself, which takes longer than all the rest."""

CONFIGURED: Final = {
    "call": [
        Configured(name="firstTag", type="String", description="A tag.", paths=("metadata.tags[0]",)),
        Configured(name="score", type="Float", description="A score.", paths=("artifact.scorecards[name=ada].score",)),
    ],
    "customer": [
        Configured(name="plan", type="enum", values=("ada", "plan"), description="The plan."),
        Configured(name="tags", type="[String]", description="Tags.", keys=("tags", "data.tags")),
    ],
}


@dataclasses.dataclass
class Figures:
    """What a run counted."""

    calls: int = 0
    models: int = 0
    ended_reasons: int = 0
    accepted_by_sdk: int = 0
    checked_by_sdk: int = 0
    decoded: int = 0
    mutated: int = 0
    compared: int = 0
    attributes_lost: Counter[str] = dataclasses.field(default_factory=Counter)
    problems: int = 0
    problems_mutated: int = 0
    seconds: float = 0.0
    errors: list[str] = dataclasses.field(default_factory=list)

    @property
    def calls_lost(self) -> int:
        """Decoding that did not end in a call."""
        return 2 * self.calls - self.decoded - self.mutated

    @property
    def failures(self) -> int:
        """What must be nothing."""
        return self.calls_lost + self.attributes_lost.total() + (self.checked_by_sdk - self.accepted_by_sdk)


def run(calls: int, seed: int, catalog: Catalog | None = None) -> Figures:
    """Decode that many calls of a seed, by the usual catalog with a few configured attributes."""
    catalog = catalog or build(CONFIGURED)
    one = _Run(catalog, seed)
    began = time.perf_counter()
    for count in range(calls):
        one.step(check=count % _CHECKED_EVERY == 0)
    one.figures.models = len(one.source.reached)
    one.figures.ended_reasons = len(one.reasons)
    one.figures.seconds = time.perf_counter() - began
    return one.figures


class _Run:
    def __init__(self, catalog: Catalog, seed: int) -> None:
        self.source = SdkCalls(seed)
        self.figures = Figures()
        self.reasons: set[str] = set()
        self._chance = random.Random(seed + 1)
        self._decode = decoder(catalog, b"fuzz")
        self._survival = Survival(catalog)

    def step(self, *, check: bool) -> None:
        document = self.source.next()
        self.figures.calls += 1
        if isinstance(document.get("endedReason"), str):
            self.reasons.add(document["endedReason"])
        if check:
            self.figures.checked_by_sdk += 1
            self.figures.accepted_by_sdk += _is_accepted(document)
        changed, where = mutated(document, self._chance)
        before, after = self._read(document), self._read(changed)
        if before is not None:
            self.figures.decoded += 1
            self.figures.problems += len(before.problems)
        if after is not None:
            self.figures.mutated += 1
            self.figures.problems_mutated += len(after.problems)
        if before is not None and after is not None:
            compared, lost = self._survival.lost(before.call, after.call, document, where)
            self.figures.compared += compared
            self.figures.attributes_lost.update(lost)

    def _read(self, document: dict[str, Any]) -> Decoded | None:
        try:
            return self._decode(redact(document).document)
        except Exception:  # whatever it is, it lost a call
            self.figures.errors.append(traceback.format_exc(limit=-3))
            return None


def _is_accepted(document: dict[str, Any]) -> bool:
    try:
        SdkCall.model_validate(document)
    except pydantic.ValidationError:
        return False
    return True


def table(figures: Figures) -> str:
    """The figures, one a line."""
    rows: list[tuple[str, object]] = [
        ("calls generated", figures.calls),
        ("distinct SDK models reached", figures.models),
        ("distinct ended reasons reached", figures.ended_reasons),
        ("validated by the SDK itself (a sample)", f"{figures.accepted_by_sdk} of {figures.checked_by_sdk}"),
        ("decoded", figures.decoded),
        ("mutated and decoded", figures.mutated),
        ("calls lost (must be 0)", figures.calls_lost),
        ("attributes compared after mutation", figures.compared),
        ("unaffected attributes lost (must be 0)", figures.attributes_lost.total()),
        ("problems counted, as generated", figures.problems),
        ("problems counted, mutated", figures.problems_mutated),
        ("calls per second", f"{figures.calls / figures.seconds:,.0f}" if figures.seconds else "–"),
    ]
    lines = [
        f"{name:<40} {value:>12,}" if isinstance(value, int) else f"{name:<40} {value:>12}" for name, value in rows
    ]
    lines += [f"  lost: {name} ({count})" for name, count in figures.attributes_lost.most_common(20)]
    return "\n".join(lines + figures.errors[:3])
