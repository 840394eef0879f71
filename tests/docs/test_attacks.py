"""The table of known attacks: each row names a test that exists."""

from __future__ import annotations

import ast
import re
from typing import Final

from tests.docs.reading import ROOT, marked, rows

ATTACKS: Final = rows(marked("security.md", "attacks"))
NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
WORDS: Final = (
    *("alias", "directive", "nesting", "circle", "batching", "introspection", "did you mean", "variables", "edges"),
    *("by get", "form", "text/plain", "compressed", "utf-8", "none", "confusion", "expired", "audience", "key ids"),
    *("comparing", "rebinding", "slow", "cursor", "bisection", "double", "metadata", "ssrf"),
)
"""What must have a row."""


def test_every_attack_has_a_row() -> None:
    told = "\n".join(row[0].lower() for row in ATTACKS)
    assert [word for word in WORDS if word not in told] == []


def test_every_row_says_what_happens_instead_and_names_a_test_that_exists() -> None:
    assert len(ATTACKS) > 40
    assert [row for row in ATTACKS if len(row) != 3 or not row[1] or not NAMED.fullmatch(row[2])] == []
    named = [found.groups() for row in ATTACKS if (found := NAMED.fullmatch(row[2]))]
    assert [f"{path}::{name}" for path, name in named if name not in defined_in(path)] == []


def defined_in(path: str) -> set[str]:
    """The tests of a module."""
    file = ROOT / path
    if not file.exists():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
