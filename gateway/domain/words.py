"""Words: what search compares, the same on every database, and where it is found in a text.

A word is a run of letters and digits, however they are written: compatibility forms and case are folded (``Ｃafé``,
``CAFÉ`` and ``café`` are one), marks stay on their letters, soft hyphens and joiners do not count. Everything else
parts words, underscores and apostrophes too, so that ``école`` is found in ``l'école``, and ``don't`` is two words.
Chinese and Japanese put nothing between words, so each ideograph and kana is one by itself. There is no stemming.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final, TypeAlias

LONGEST: Final = 64
"""Longer words are cut to this many characters."""

_ALONE: Final = (
    *((0x3005, 0x3007), (0x3041, 0x30FF), (0x31F0, 0x31FF)),
    *((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)
"""Ideographs and kana, by their code points."""
_VARIANTS: Final = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
"""Marks that choose how a character is drawn."""
_ZERO_WIDTH_SPACE: Final = "\u200b"
_STROKE: Final = "\u0338"
"""The one mark that makes a character of its own of one that parts words: ``=`` with it is ``≠``."""
_PARTED: Final = bytes(
    ord(chr(code).lower() if chr(code).isalnum() else " ") if chr(code).isascii() else code for code in range(256)
)
"""Each byte of UTF-8 where plain characters are as they are compared, and blanks where they part words."""
_CHUNK: Final = re.compile(r"\S+")
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9]+")


def words(text: str) -> frozenset[str]:
    """The distinct words of a text."""
    return frozenset(vocabulary(text).split())


def vocabulary(text: str) -> str:
    """The distinct words of a text, by alphabet, with a blank between: the form in which they are kept."""
    if _STROKE in text:
        return " ".join(sorted(_cut(_parted(text).split())))
    # Most of what is said is plain, and looking at characters one by one is slow: bytes are parted where plain
    # characters do so, and only what is left with others in it is looked at, each once.
    found = set(text.encode("utf-8", "surrogatepass").translate(_PARTED).split())
    if not text.isascii():
        others = {word for word in found if not word.isascii()}
        parted = _parted(b" ".join(others).decode("utf-8", "surrogatepass"))
        found = (found - others).union(word.encode() for word in _cut(parted.split()))
    if max(map(len, found), default=0) > LONGEST:
        found = {word[:LONGEST] if word.isascii() else word for word in found}
    return b" ".join(sorted(found)).decode()  # UTF-8 sorts as its characters do


def _cut(found: Iterable[str]) -> set[str]:
    return {word[:LONGEST] for word in found}


def _parted(text: str) -> str:
    """A text as it is compared: folded, with blanks around all words. Linear in its length."""
    return _folded(text).translate(_Parts())


def _folded(text: str) -> str:
    """NFKC and case folded, as Unicode defines it for identifiers; folding case can undo what NFKC has put together."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", folded.casefold())


class _Parts(dict[int, str]):
    """What `str.translate` writes for each character, as far as a text has it."""

    def __missing__(self, code: int) -> str:
        part = self[code] = _part(code)
        return part


@lru_cache(maxsize=8192)
def _part(code: int) -> str:
    """A character of a word as it is, an ideograph with blanks around it, and a blank for whatever parts words."""
    letter, category = chr(code), unicodedata.category(chr(code))
    if category == "Cf" or _is_in(code, _VARIANTS):
        return " " if letter == _ZERO_WIDTH_SPACE else ""
    if category[0] not in "LNM":
        return " "
    return f" {letter} " if _is_in(code, _ALONE) else letter


def _is_in(code: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(first <= code <= last for first, last in ranges)


@dataclasses.dataclass(frozen=True, slots=True)
class Highlight:
    """A piece of a text: where in it the piece begins, and the found words as ``(start, end)`` within the piece."""

    start: int
    text: str
    found: tuple[tuple[int, int], ...]


Span: TypeAlias = tuple[int, int]


def highlights(text: str, wanted: AbstractSet[str], *, around: int = 60, most: int = 3) -> tuple[Highlight, ...]:
    """The first ``most`` pieces of a text that show wanted words, with up to ``around`` characters on both sides.

    A word stands in the piece of the one before it where that shows it whole. Takes time linear in the text.
    """
    pieces: list[tuple[int, int, list[Span]]] = []
    for start, end in _found(text, wanted):
        if pieces and end <= pieces[-1][1]:
            pieces[-1][2].append((start, end))
            continue
        if len(pieces) == most:
            break
        begin = max(start - around, pieces[-1][1] if pieces else 0)
        pieces.append((min(begin, start), min(end + around, len(text)), [(start, end)]))
    return tuple(_highlight(text, *piece) for piece in pieces)


def _highlight(text: str, begin: int, end: int, found: Sequence[Span]) -> Highlight:
    """A piece, cut at blanks where there are any before and behind what was found."""
    if begin:
        begin = max(begin, text.find(" ", begin - 1, found[0][0]) + 1)
    if end < len(text):
        blank = text.rfind(" ", found[-1][1], end + 1)
        end = blank if blank >= 0 else end
    return Highlight(begin, text[begin:end], tuple((first - begin, last - begin) for first, last in found))


def _found(text: str, wanted: AbstractSet[str]) -> Iterator[Span]:
    """Where wanted words stand, in order. No word reaches over a blank, so only what is between blanks is looked at."""
    for chunk in _CHUNK.finditer(text):
        missed = wanted & words(chunk.group())
        if not missed:
            continue
        located = _located_ascii(chunk.group()) if chunk.group().isascii() else _located(chunk.group())
        spans = [(word, first, last) for word, first, last in located if word in missed]
        if spans:
            yield from ((chunk.start() + first, chunk.start() + last) for _, first, last in spans)
        else:  # its letters fold to the word only together, as Korean ones can: all of it is marked
            yield chunk.span()


def _located_ascii(chunk: str) -> Iterator[tuple[str, int, int]]:
    return ((match.group().lower()[:LONGEST], *match.span()) for match in _ASCII_WORD.finditer(chunk))


def _located(chunk: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text with their places, letter by letter: a letter can fold to several, or to none."""
    word, first, last = "", 0, 0
    for start, end in _letters(chunk):
        for part in _parted(chunk[start:end]):
            if part != " ":
                first = first if word else start
                word, last = word + part, end
            elif word:
                yield word[:LONGEST], first, last
                word = ""
    if word:
        yield word[:LONGEST], first, last


def _letters(chunk: str) -> Iterator[Span]:
    """Each character with the marks that combine with it, since they can fold to one."""
    start = 0
    for at in range(1, len(chunk)):
        if not unicodedata.combining(chunk[at]):
            yield start, at
            start = at
    yield start, len(chunk)
