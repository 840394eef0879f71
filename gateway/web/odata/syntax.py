"""Syntax: the text of a ``$filter`` as the tree that odata-query reads from it.

Where that library departs from the standard, its tokens are mended before it reads them:

- a word that only begins like ``null``, ``true``, ``any`` or ``all`` is a name;
- ``not(…)`` is a ``not`` (Microsoft's own clients write it so), no function;
- a list of one value, ``in ('a')``, needs no comma behind it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from odata_query import ast
from odata_query.exceptions import (
    ArgumentCountException,
    ParsingException,
    TokenizingException,
    UnknownFunctionException,
)
from odata_query.grammar import ODataLexer, ODataParser

from gateway.errors import BadUserInput, Unimplemented

OPTION: Final = "$filter"
LONGEST: Final = 16_000
"""Characters of a filter: longer ones are not even looked at."""
OFFERED: Final = (
    "a filter compares columns with values by eq, ne, gt, ge, lt, le and in, joined by and, or and not, and knows the "
    "functions contains, startswith, year and date"
)
"""What there is, for messages about what there is not."""

_KNOWN_ELSEWHERE: Final = re.compile(r"(?:has|divby)\b|\$(?:it|root|this|count)\b|@\w*", re.IGNORECASE)
"""What OData knows in an expression, and odata-query does not."""


class _Lexer(ODataLexer):  # the actions are the library's, the patterns end where a word does
    tokens = ODataLexer.tokens
    NULL = r"null\b"  # type: ignore[assignment]
    BOOLEAN = r"(?:true|false)\b"  # type: ignore[assignment]
    ANY = r"any\b"  # type: ignore[assignment]
    ALL = r"all\b"  # type: ignore[assignment]


def tree(text: str) -> Any:
    """The tree of a filter; however deep it is, reading it takes no depth of the stack.

    Raises:
        BadUserInput: it is too long, or no filter.
        Unimplemented: OData knows what it says, and this gateway does not.
    """
    if len(text) > LONGEST:
        raise BadUserInput(OPTION, text, f"it can have {LONGEST} characters at most")
    try:
        return ODataParser().parse(iter(_mended([*_Lexer().tokenize(text.strip())])))
    except UnknownFunctionException as error:
        raise Unimplemented(f"{error.function_name}()", OFFERED) from None
    except ArgumentCountException as error:
        raise BadUserInput(OPTION, text, f"{error.function_name}() has another number of arguments") from None
    except TokenizingException as error:
        raise _unreadable(text.strip(), error.token.index) from None
    except ParsingException as error:
        raise _unreadable(text.strip(), error.token.index if error.token else len(text)) from None


def full_name(identifier: Any) -> str:
    """A name as it was written, with its namespace."""
    return str(identifier.full_name())


def _unreadable(text: str, at: int) -> BadUserInput | Unimplemented:
    rest = text[at:].lstrip()
    if not rest:
        return BadUserInput(OPTION, text, "it ends too early, or is empty")
    if known := _KNOWN_ELSEWHERE.match(rest):
        return Unimplemented(known.group(), OFFERED)
    return BadUserInput(OPTION, rest, f"the filter cannot be read from here on; {OFFERED}")


def _mended(tokens: Sequence[Any]) -> Iterator[Any]:
    closing = {*_lists_of_one(tokens)}
    for at, token in enumerate(tokens):
        _check(token, tokens[at + 1 : at + 2])
        if at in closing:
            yield _like(token, ",", ",")
        if _is_not(tokens, at):
            yield _like(token, "NOT", ast.Not())
        else:
            yield token


def _check(token: Any, following: Sequence[Any]) -> None:
    """Refuse what entity sets that are flat have no use for; long paths would cost the library its stack, too."""
    if token.type == "=":
        raise BadUserInput(OPTION, "=", "values are compared by eq, and arguments have no names")
    if token.type == "/":
        if following and following[0].type in ("ANY", "ALL"):
            raise Unimplemented(following[0].type.lower(), OFFERED)
        raise BadUserInput(OPTION, "/", "columns are named by themselves, without a path")


def _is_not(tokens: Sequence[Any], at: int) -> bool:
    """Whether a name, and a parenthesis right behind it, is the operator."""
    token = tokens[at]
    is_name = token.type == "ODATA_IDENTIFIER" and full_name(token.value).lower() == "not"
    return is_name and at + 1 < len(tokens) and bool(tokens[at + 1].type == "(")


def _lists_of_one(tokens: Sequence[Any]) -> Iterator[int]:
    """Where lists behind ``in`` end that have no comma of their own."""
    opened: list[bool] = []  # for each parenthesis, whether a list begins there that has had no comma yet
    for at, token in enumerate(tokens):
        if token.type == "(":
            opened.append(at > 0 and tokens[at - 1].type == "IN")
        elif token.type == "," and opened:
            opened[-1] = False
        elif token.type == ")" and opened and opened.pop():
            yield at


def _like(token: Any, kind: str, value: Any) -> Any:
    found = copy.copy(token)
    found.type, found.value = kind, value
    return found
