"""Redaction: taking secrets and presigned addresses out of a document before anything is kept or shown.

Vapi's call JSON carries tokens, provider credentials and addresses that open a live call to anybody. They are told by
their key and by their shape, at any depth, metadata and variable values included.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

REDACTED: Final = "[redacted]"
"""What stands in a secret's place."""

_SECRET_KEYS: Final = frozenset(
    """
    apikey accesskey secretkey privatekey publickey signingkey encryptionkey authorization proxyauthorization cookie
    setcookie password passwd passphrase passcode pin otp secret credentials credential serverurlsecret twilioauthtoken
    twilioapikey twilioapisecret accountsid twilioaccountsid calltoken listenurl controlurl websocketcallurl
    iban bic routingnumber sortcode bankaccount bankaccountnumber cardnumber creditcard creditcardnumber cvc cvv ssn
    """.split()
)
_SECRET_ENDINGS: Final = ("token", "secret", "password", "apikey", "privatekey", "credentials", "accountsid", "jwt")
_SECRET_SHAPES: Final = re.compile(
    r"""eyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*            # a JSON Web Token
      | [?&](?:X-Amz-Signature|X-Goog-Signature|Signature|sig|token|access_token)=[^&\s"]+  # a presigned address
      | \b(?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_][\w-]{8,}  # keys of well-known providers
      | \bBearer\s+[\w.~+/-]{8,}=*
      | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----
    """,
    re.VERBOSE,
)
_SHAPE_MARKS: Final = (
    "eyJ",
    "ignature=",
    "sig=",
    "token=",
    "sk-",
    "sk_",
    "pk-",
    "pk_",
    "rk-",
    "rk_",
    "earer ",
    "PRIVATE KEY",
)
"""One of these is in every text of a secret shape: finding them is a hundred times faster than the pattern."""
_PRESIGNED: Final = "presigned"
_MAX_DEPTH: Final = 100

_LEAF_BYTES: Final = 56
_ENTRY_BYTES: Final = 100
_CONTAINER_BYTES: Final = 72


@dataclasses.dataclass(slots=True)
class Redacted:
    """A document without secrets, and roughly the memory it takes, in bytes."""

    document: dict[str, Any]
    size: int


def redact(document: Mapping[str, Any]) -> Redacted:
    """A copy without secrets, presigned addresses, and numbers that JSON does not have (NaN, Infinity)."""
    redacted = Redacted({}, 0)
    redacted.document = _object(document, redacted, 0)
    return redacted


def _object(value: Mapping[str, Any], into: Redacted, depth: int) -> dict[str, Any]:
    into.size += _CONTAINER_BYTES + _ENTRY_BYTES * len(value)
    return {
        key: REDACTED if inner is not None and _is_secret(key) else _value(inner, into, depth + 1)
        for key, inner in value.items()
        if not key.startswith(_PRESIGNED)
    }


def _value(value: Any, into: Redacted, depth: int) -> Any:
    if isinstance(value, str):
        into.size += _LEAF_BYTES + len(value)
        return REDACTED if _has_secret_shape(value) else value
    if isinstance(value, float):
        into.size += _LEAF_BYTES
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping | list) and depth > _MAX_DEPTH:
        return REDACTED  # nothing that a person wrote nests so deep, and whoever reads it would run out of stack
    if isinstance(value, Mapping):
        return _object(value, into, depth)
    if isinstance(value, list):
        into.size += _CONTAINER_BYTES
        return [_value(inner, into, depth + 1) for inner in value]
    return value


def _has_secret_shape(value: str) -> bool:
    return any(mark in value for mark in _SHAPE_MARKS) and _SECRET_SHAPES.search(value) is not None


@lru_cache(maxsize=4096)  # a document repeats a few dozen keys thousands of times
def _is_secret(key: str) -> bool:
    plain = "".join(letter for letter in key.lower() if letter.isalnum())
    return plain in _SECRET_KEYS or plain.endswith(_SECRET_ENDINGS)
