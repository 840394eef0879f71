"""Redaction: taking secrets and presigned addresses out of a document before anything is kept or shown.

Vapi's call JSON carries tokens, provider credentials and addresses that open a live call to anybody. They are told by
their key and by their shape, at any depth, metadata and variable values included.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

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
    *("eyJ", "ignature=", "sig=", "token=", "sk-", "sk_", "pk-", "pk_", "rk-", "rk_"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "xox", "AKIA", "AIza", "earer", "asic ", "://", "PRIVATE KEY"),
)
"""One of these is in every text of a secret shape: finding them is a hundred times faster than the pattern."""
_SHORTEST_SECRET: Final = 12
"""No text shorter than this has the shape of a secret; most texts of a call are."""
_PRESIGNED: Final = "presigned"
_MAX_DEPTH: Final = 100
_FLOAT_BYTES: Final = sys.getsizeof(0.5)


@dataclasses.dataclass(slots=True)
class Redacted:
    """A document without secrets, and the memory that its objects, lists, texts and fractions take, in bytes."""

    document: dict[str, Any]
    size: int


def redact(document: Mapping[str, Any]) -> Redacted:
    """A copy without secrets and presigned addresses, and without what JSON or UTF-8 cannot say.

    NaN and Infinity become null; half a character (a lone surrogate) becomes U+FFFD.
    """
    redacted = Redacted({}, 0)
    redacted.document = _object(document, redacted, 0)
    return redacted


def _object(value: Mapping[str, Any], into: Redacted, depth: int) -> dict[str, Any]:
    made = {}
    for key, inner in value.items():
        kept, secret = _treatment(key)
        if kept is not None:
            hidden = secret is not None and _is_hidden(secret, inner)
            made[kept] = REDACTED if hidden else _value(inner, into, depth + 1)
    into.size += sys.getsizeof(made)
    return made


def _value(value: Any, into: Redacted, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        into.size += sys.getsizeof(value)
        return value if len(value) < _SHORTEST_SECRET and value.isascii() else _text(value)
    if kind is int or kind is bool or value is None:
        return value
    if kind is float:
        into.size += _FLOAT_BYTES
        return value if math.isfinite(value) else None
    return _container(value, into, depth) if kind is dict or kind is list or isinstance(value, Mapping) else value


def _container(value: Any, into: Redacted, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        return REDACTED  # nothing that a person wrote nests so deep, and whoever reads it would run out of stack
    if not isinstance(value, list):
        return _object(value, into, depth)
    made = [_value(inner, into, depth + 1) for inner in value]
    into.size += sys.getsizeof(made)
    return made


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
    for mark in _SHAPE_MARKS:  # noqa: SIM110  # any() with a generator takes three times as long, on every text
        if mark in value:
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
def _treatment(key: str) -> tuple[str | None, _Secret | None]:
    """A key as it is kept, None where a presigned address stands under it; and what it says of a secret."""
    return None if key.startswith(_PRESIGNED) else _text(key), _said("".join(c for c in key.lower() if c.isalnum()))


def _said(plain: str) -> _Secret | None:
    if plain in _SECRET_KEYS or ((found := _SECRET_ENDING.search(plain)) and found.end() == len(plain)):
        return _Secret.ANYTHING
    return _Secret.TEXTS if _SEVERAL_SECRETS.fullmatch(plain) else None
