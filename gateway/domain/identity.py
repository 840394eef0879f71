"""Identity: the key under which calls of one customer belong together.

The team's own id comes first, then an external id, then the number, the SIP address, the e-mail address, and where
there is none of them, the call itself. Keys land in URLs and logs, so one that would carry a number or an address
carries a keyed hash of it instead: without the gateway's identity key nobody can tell, or try out, what it stands
for.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

_HASH_BYTES: Final = 16
_PLAIN_LENGTH: Final = 128
_NUMBER: Final = re.compile(r"(?:tel:)?[+\d\s().\-/]+", re.IGNORECASE)
_SURELY_NUMBER: Final = re.compile(r"tel:|[+()\s]", re.IGNORECASE)
_NUMBER_WITHIN: Final = re.compile(r"\+\s*\d[\d\s().\-/]{6,}|(?<!\d)(?:\d[\s().\-/_]*){9,14}\d(?!\d)")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FEWEST_DIGITS, _FEWEST_BARE_DIGITS, _MOST_DIGITS = 7, 10, 15
_WITHHELD: Final = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on a telephone's keys: how a withheld number is written."""
_BLANKS: Final = frozenset({"null", "undefined", "none", "nan", "[object object]"})
"""What programs write where they know nothing. Taken for an id, it would make one customer of everybody."""
_PREFIXES: Final = {"customerId": "id", "externalId": "ext", "number": "tel", "sipUri": "sip", "email": "mail"}


def key(identifying: Mapping[str, str], call_id: str, secret: bytes) -> tuple[str, str | None]:
    """The customer's key, and which attribute it is made of, from what the call says of them, strongest first.

    Where nothing says who somebody is, the customer is known by this call alone; without even that, by nothing.
    """
    made = ((key_of(name, value, secret), name) for name, value in identifying.items())
    fallback = f"call:{call_id}" if call_id else ""
    return next(((known, name) for known, name in made if known), (fallback, None))


def key_of(name: str, value: str, secret: bytes) -> str | None:
    """The key that one identifying attribute makes; None where its value says nothing of anybody."""
    prefix = _PREFIXES[name]
    if value.lower() in _BLANKS or value.startswith("{{"):
        return None
    if prefix in ("id", "ext") and not _tells(value):
        return f"{prefix}:{value}"
    normal = _normal(prefix, value)
    return f"{prefix}~{_digest(secret, normal)}" if normal else None


def _tells(value: str) -> bool:
    """Whether an id is itself an address or a number, holds one, or is none that a key could show."""
    if len(value) > _PLAIN_LENGTH or not value.isprintable():
        return True
    if _UUID.fullmatch(value):  # its digits are nobody's number
        return False
    return "@" in value or _is_number(value) or _NUMBER_WITHIN.search(value) is not None


def _is_number(value: str) -> bool:
    """Whether an id is written as numbers are: with a plus, brackets or spaces, or at least ten digits long."""
    bare = value.strip()
    if len(bare) > _PLAIN_LENGTH or not _NUMBER.fullmatch(bare):
        return False
    fewest = _FEWEST_DIGITS if _SURELY_NUMBER.search(bare) else _FEWEST_BARE_DIGITS
    return fewest <= len(_international(bare)) <= _MOST_DIGITS


def _normal(prefix: str, value: str) -> str:
    """The one spelling of an address or number that all its spellings share; empty where nothing is left."""
    if prefix == "sip":
        return re.split(r"[;?>]", re.sub(r"^.*?\bsips?:", "", value.strip().lower()), maxsplit=1)[0]
    if prefix == "mail":
        return _normal_address(value)
    return normal_number(value) if prefix == "tel" or _is_number(value) else value


def _normal_address(value: str) -> str:
    """An e-mail address in small letters; what has no @ is none."""
    address = value.strip().lower().removeprefix("mailto:")
    return address if "@" in address else ""


def normal_number(value: str) -> str:
    """A number by its digits alone; empty where it was withheld.

    ``+1 (415) 555-0100``, ``tel:+14155550100;ext=7`` and ``0014155550100`` are one; so are ``+44 (0)20 7946 0000``,
    with the zero that is dialled at home only, and ``+442079460000``.
    """
    digits = _international(value.partition(";")[0].replace("(0)", ""))
    return "" if digits in _WITHHELD else digits


def _international(value: str) -> str:
    """The digits of a number without the zeros that are dialled before a country's."""
    digits = _digits(value)
    return digits[2:] if value.strip().startswith("00") else digits


def _digits(value: str) -> str:
    """The digits of a text, in whatever script they are written."""
    return "".join(str(int(letter)) for letter in value if letter.isdecimal())


def _digest(secret: bytes, normal: str) -> str:
    return hmac.new(secret, normal.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[: 2 * _HASH_BYTES]
