"""Redaction: taking secrets and presigned addresses out of a document before anything is kept or shown.

Vapi's call JSON carries tokens, provider credentials and addresses that open a live call to anybody. They are told by
their key and by their shape, at any depth, metadata and variable values included.
"""

from __future__ import annotations

import dataclasses
import enum
import operator
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, Final, TypeAlias

REDACTED: Final = "[redacted]"
"""What stands in a secret's place."""

_SECRET_KEYS: Final = frozenset(
    word
    for line in (
        "accesskey secretkey privatekey publickey signingkey encryptionkey authorization proxyauthorization",
        "cookie setcookie password passwd passphrase passcode pin pincode otp secret",
        "credential credentials twilioapikey accountsid auth bearer pw pwd",
        # addresses and tokens that open a live call to whoever has them
        "listenurl controlurl websocketcallurl webcallurl webcallsipuri callurl callsipuri",
        # what people say to a bank
        "iban bic routingnumber sortcode bankaccount bankaccountnumber cardnumber creditcard creditcardnumber",
        "cvc cvv ssn",
    )
    for word in line.split()
)
_SECRET_ENDING: Final = re.compile(
    r"(?:token|secret|password|apikey|privatekey|credentials?|accountsid|jwt)(?:value|hash|hashed|plain)?(?:v?\d{1,3})?"
)
_SEVERAL_SECRETS: Final = re.compile(r".*(?:tokens|secrets|passwords|apikeys|privatekeys|jwts)")
"""Keys of which only texts are secrets: the same words count what a model has read."""

_SECRET_SHAPES: Final = re.compile(
    r"""eyJ[\w-]{5,}(?:\.[\w-]*){2,4}             # a JSON Web Token, signed or encrypted
      | [?&](?:X-Amz-Signature|X-Goog-Signature|Signature|sig|token|access_token)=[^&\s"]+  # a presigned address
      | \b[spr]k[-_](?:(?:live|test|proj|ant)[-_][\w-]{8,}|[A-Za-z0-9]{20,})  # keys of well-known providers
      | vcg_[0-9a-f]{12}_[0-9a-f]{16,64}              # the gateway's own; also one that was cut short
      | \b(?:gh[pousr]_\w{20,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,})
      | \bBasic\s+[A-Za-z0-9+/]{8,}={1,2}            # a name and a password
      | ://[^/\s:@"]+:[^/\s@"]+@                      # the same in an address
      | \bhooks\.slack\.com/\S+
      | \bBearer\s+[\w.~+/-]{8,}=*
      | -----BEGIN[ ][A-Z0-9 ]*PRIVATE[ ]KEY-----(?:(?!-----END)[\s\S])*(?:-----END[ ][A-Z0-9 ]*PRIVATE[ ]KEY-----)?
    """,
    re.VERBOSE,
)
_SHAPE_MARKS: Final = (
    ("=", ("ignature=", "sig=", "token=", "asic")),
    ("_", ("sk_", "pk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "vcg_")),
    ("-", ("sk-", "pk-", "rk-", "xox", "PRIVATE KEY")),
    ("@", ("://",)),
    *((mark, (mark,)) for mark in ("eyJ", "earer", "AKIA", "AIza", "slack.com")),
)
"""In every text of a secret shape is one of these signs, and one of the words beside it.

Finding them is a hundred times faster than the pattern, and what people say has hardly any of the signs.
"""
_SHORTEST_SECRET: Final = 12
"""No text shorter than this has the shape of a secret; most texts of a call are."""
_PRESIGNED: Final = "presigned"
RULES: Final = (_SECRET_SHAPES.pattern, _SECRET_ENDING.pattern, _SEVERAL_SECRETS.pattern, *sorted(_SECRET_KEYS))
"""What tells a secret; documents that were redacted by other rules are to be redacted again."""
_MAX_DEPTH: Final = 100
_REPEATED_DEPTH: Final = 2
"""How deep the conversation stands that most calls tell twice: in ``messages`` and in ``artifact.messages``."""
_LISTS_COMPARED: Final = 16
_NUMBERS: Final = (int, bool, type(None))


@dataclasses.dataclass(frozen=True, slots=True)
class Redacted:
    """A document without secrets."""

    document: dict[str, Any]

    @property
    def size(self) -> int:
        """The memory that its objects, keys, lists, texts and fractions take, in bytes; counted anew each time."""
        return _size(self.document)


Redact: TypeAlias = Callable[[Mapping[str, Any]], Redacted]


def redactor(secret_keys: Iterable[str] = ()) -> Redact:
    """The function that redacts; ``secret_keys`` are a team's own, whose values are secret wherever they stand.

    A key is meant however it is written: ``memberPin`` is ``member_pin`` and ``MEMBER-PIN``.
    """
    own = frozenset(map(_plain, secret_keys)) - {""}

    def redact(document: Mapping[str, Any]) -> Redacted:
        """The document without secrets and presigned addresses, and without what JSON or UTF-8 cannot say.

        NaN and Infinity become null; half a character (a lone surrogate) becomes U+FFFD. The original is left alone;
        its objects and lists that have nothing to take out are not copied, but shared.
        """
        redacted = _Redaction(own).by_key(document, 0)
        return Redacted(redacted if isinstance(redacted, dict) else dict(redacted))

    return redact


@dataclasses.dataclass(frozen=True, slots=True)
class _Redaction:
    """A walk through one document; what has nothing to take out is given back as it is.

    What is found clean is remembered, since a call says most things two or three times: keys that make no secret of
    their values, texts, and the first lists not deeper than `_REPEATED_DEPTH`, to which later ones are compared.
    """

    own: frozenset[str]
    keys: set[str] = dataclasses.field(default_factory=set)
    texts: set[str] = dataclasses.field(default_factory=set)
    lists: list[list[Any]] = dataclasses.field(default_factory=list)

    def of(self, value: Any, depth: int) -> Any:
        """A value, whatever it is."""
        kind = type(value)
        if kind is dict:
            return self.by_value(value, depth) if self.keys.issuperset(value) else self.by_key(value, depth)
        if kind is list:
            return self.elements(value, depth)
        if kind is str:
            return _text(value)
        if kind is float:
            return value if isfinite(value) else None
        if isinstance(value, Mapping):
            return self.by_key(value, depth)
        return self.elements(value, depth) if isinstance(value, list) else value

    def by_key(self, value: Mapping[str, Any], depth: int) -> Any:
        """An object, each value as its key has it treated."""
        if depth > _MAX_DEPTH:
            return REDACTED  # nothing that a person wrote nests so deep, and whoever reads it would run out of stack
        made: dict[str, Any] = {}
        for key, inner in value.items():
            kept, secret = _treatment(key, self.own)
            if kept == key and secret is None:
                self.keys.add(key)
            if kept is not None:
                hidden = secret is not None and _is_hidden(secret, inner)
                made[kept] = REDACTED if hidden else self.of(inner, depth + 1)
        return value if _is_same(made, value) else made

    def by_value(self, value: dict[str, Any], depth: int) -> Any:
        """An object whose keys make no secret of anything, as do nearly all: this loop is what redaction costs."""
        if depth > _MAX_DEPTH:
            return REDACTED
        changed, texts = {}, self.texts
        kept: Any
        for key, inner in value.items():
            kind = type(inner)
            if kind is str:
                if (len(inner) < _SHORTEST_SECRET and inner.isascii()) or inner in texts:
                    continue
                kept = _text(inner)
                if kept is inner:
                    texts.add(inner)
            elif kind is float:
                kept = inner if isfinite(inner) else None
            else:
                kept = inner if kind in _NUMBERS else self.of(inner, depth + 1)
            if kept is not inner:
                changed[key] = kept
        return {**value, **changed} if changed else value

    def elements(self, value: list[Any], depth: int) -> Any:
        """A list; what equals a clean one is clean, and is itself kept: 1 equals true, and is not the same."""
        if depth > _MAX_DEPTH:
            return REDACTED
        if depth <= _REPEATED_DEPTH and value in self.lists:
            return value
        made = [self.of(inner, depth + 1) for inner in value]
        if not all(map(operator.is_, made, value)):
            return made
        if depth <= _REPEATED_DEPTH and len(self.lists) < _LISTS_COMPARED:
            self.lists.append(value)
        return value


def _is_same(made: dict[str, Any], value: Mapping[str, Any]) -> bool:
    """Whether nothing was changed: the same keys, and the very same values."""
    return type(value) is dict and made.keys() == value.keys() and all(map(operator.is_, made.values(), value.values()))


def _size(document: dict[str, Any]) -> int:
    size, keys, waiting = 0, set[str](), deque[Any]([document])
    while waiting:
        value = waiting.popleft()
        kind = type(value)
        if kind is dict:
            keys.update(value)
            waiting.extend(value.values())
        elif kind is list:
            waiting.extend(value)
        elif kind in _NUMBERS:
            continue
        size += sys.getsizeof(value)
    return size + sum(map(sys.getsizeof, keys))


def scrubbed(text: str) -> str:
    """A text, such as an error that repeats what a caller stated, without the secrets in it."""
    return _text(text)


def _text(value: str) -> str:
    """A text without the secrets in it; one that is nothing but an address or a token goes as a whole."""
    if not value.isascii():
        value = _whole_characters(value)
    if not _is_marked(value) or not _SECRET_SHAPES.search(value):
        return value
    return _SECRET_SHAPES.sub(REDACTED, value) if len(value.split(maxsplit=1)) > 1 else REDACTED


def _whole_characters(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _is_marked(value: str) -> bool:
    for sign, words in _SHAPE_MARKS:  # noqa: SIM110  # any() with a generator takes three times as long, on every text
        if sign in value and any(word in value for word in words):
            return True
    return False


class _Secret(enum.Enum):
    """What of the value under a key is secret."""

    TEXTS = enum.auto()
    ANYTHING = enum.auto()


def _is_hidden(secret: _Secret, value: Any) -> bool:
    if secret is _Secret.TEXTS:
        return isinstance(value, str | list | dict)
    return value is not None


@lru_cache(maxsize=4096)  # a document repeats a few dozen keys thousands of times
def _treatment(key: str, own: frozenset[str]) -> tuple[str | None, _Secret | None]:
    """A key as it is kept, None where a presigned address stands under it; and what it says of a secret."""
    return None if key.startswith(_PRESIGNED) else _text(key), _said(_plain(key), own)


def _plain(key: str) -> str:
    """A key without what its spellings differ in."""
    return "".join(letter for letter in key.lower() if letter.isalnum())


def _said(plain: str, own: frozenset[str]) -> _Secret | None:
    if plain in own or plain in _SECRET_KEYS or ((found := _SECRET_ENDING.search(plain)) and found.end() == len(plain)):
        return _Secret.ANYTHING
    return _Secret.TEXTS if _SEVERAL_SECRETS.fullmatch(plain) else None


redact: Final = redactor()
"""Redacts where no team has keys of its own."""
