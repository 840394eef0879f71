"""The simulator shares no code with the gateway, so that the decoder and the fake cannot share a mistake."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import gateway.simulator

ALLOWED = {"httpx", "starlette", "uvicorn"}


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or "a relative import"


def foreign(name: str) -> bool:
    top = name.split(".", maxsplit=1)[0]
    return not name.startswith("gateway.simulator") and top not in ALLOWED and top not in sys.stdlib_module_names


def test_the_simulator_imports_the_standard_library_httpx_starlette_uvicorn_and_itself() -> None:
    modules = list(Path(gateway.simulator.__path__[0]).glob("*.py"))
    found = {f"{m.name}: {name}" for m in modules for name in imported(m.read_text("utf-8")) if foreign(name)}
    assert len(modules) > 20
    assert found == set()
