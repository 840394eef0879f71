"""Identity: the key under which calls of one customer belong together.

The team's own id comes first, then an external id, then the number, the SIP address, the e-mail address, and where there
is none of them, the call itself. Keys land in URLs and logs, so one that would carry a number or an address carries a
keyed hash of it instead: without the gateway's identity key nobody can tell, or try out, what it stands for.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

_HASH_BYTES: Final = 16
_PLAIN_LENGTH: Final = 128
_NUMBER: Final = re.compile(r"\s*(?:tel:\+?|\+)[\d\s().\-/]+|\d{10,15}", re.IGNORECASE)
_NUMBER_DIGITS: Final = range(7, 16)
_PREFIXES: Final = {"customerId": "id", "externalId": "ext", "number": "tel", "sipUri": "sip", "email": "mail"}


def key(identifying: Mapping[str, str], call_id: str, secret: bytes) -> str:
    """The customer's key, from what the call says of the identifying attributes, strongest first."""
    for name, value in identifying.items():
        made = _key(name, value, secret)
        if made:
            return made
    return f"call:{call_id}"


def _key(name: str, value: str, secret: bytes) -> str | None:
    prefix = _PREFIXES[name]
    if prefix in ("id", "ext") and not _tells(value):
        return f"{prefix}:{value}"
    normal = _normal(prefix, value)
    return f"{prefix}~{_digest(secret, normal)}" if normal else None


def _tells(value: str) -> bool:
    """Whether an id is itself an address or a number, or too long for a key."""
    return len(value) > _PLAIN_LENGTH or "@" in value or _is_number(value)


def _is_number(value: str) -> bool:
    return bool(_NUMBER.fullmatch(value)) and len(_digits(value)) in _NUMBER_DIGITS


def _normal(prefix: str, value: str) -> str:
    """The one spelling of an address or number that all its spellings share; empty where nothing is left."""
    if prefix == "tel":
        return normal_number(value)
    if prefix == "sip":
        return re.sub(r"^sips?:", "", value.strip().lower()).partition(";")[0]
    return value.strip().lower() if prefix == "mail" else value


def normal_number(value: str) -> str:
    """A number by its digits alone: ``+1 (415) 555-0100``, ``tel:+14155550100`` and ``0014155550100`` are one."""
    digits = _digits(value)
    international = value.strip().startswith("00")
    return digits[2:] if international else digits


def _digits(value: str) -> str:
    return "".join(letter for letter in value if letter.isascii() and letter.isdigit())


def _digest(secret: bytes, normal: str) -> str:
    return hmac.new(secret, normal.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[: 2 * _HASH_BYTES]
