"""The documentation as data: its pages, and the fenced blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def page(name: str) -> str:
    """The text of a page of docs/."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(language: str) -> list[tuple[str, str]]:
    """Every fenced block in this language, with the page that it stands on."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [(path.name, block) for path in PAGES for block in pattern.findall(path.read_text(encoding="utf-8"))]


def under(heading: str) -> list[str]:
    """The fenced blocks under a heading of the README."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```\w*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
