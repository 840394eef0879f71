"""The documentation as data: its pages, the fenced blocks in them, and the commands that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_SPAN = re.compile(r"`([^`\n]+)`")
_ASSIGNED = re.compile(r"[A-Z_]+=")


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


def marked(name: str, mark: str) -> str:
    """What stands on a page between ``<!-- mark -->`` and ``<!-- /mark -->``."""
    return page(name).partition(f"<!-- {mark} -->")[2].partition(f"<!-- /{mark} -->")[0]


def rows(table: str) -> list[list[str]]:
    """The cells of a table in Markdown, without its head."""
    lines = [line for line in table.strip().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def commands(program: str) -> Iterator[tuple[str, list[str]]]:
    """What follows a program's name wherever a page runs it, in a block for the shell or in the text, with the page."""
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        told = [line for name, block in blocks("sh") if name == path.name for line in block.splitlines()]
        for line in (*told, *_SPAN.findall(text)):
            yield from ((path.name, words) for words in _arguments(line, program))


def _arguments(line: str, program: str) -> Iterator[list[str]]:
    for command in re.split(r"&&|;|\||>", line.partition(" #")[0]):
        words = [word for word in command.split() if not _ASSIGNED.match(word)]
        if words and words[0].rpartition("/")[2] == program:
            yield words[1:]
