"""Paging: cursors that say where a list goes on, opaque to clients and safe to take back from them.

A cursor carries the position of the row that it stands behind, the moment at which durations in the filter were
resolved (so that “the last seven days” are the same seven days on every page), and a digest of the filter and the
order as they were stated, so that it cannot be used with others.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.domain.attributes import Kind
from gateway.domain.ordering import Position
from gateway.errors import BadUserInput

_VERSION: Final = 2
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_LONGEST: Final = 2**16
"""Characters of a cursor; one stands for all the texts by which its list is ordered."""
_LARGEST: Final = 2**63
_written: Final = json.JSONEncoder(separators=(",", ":")).encode
_TYPES: Final[Mapping[Kind, type]] = {
    Kind.ID: str,
    Kind.STRING: str,
    Kind.ENUM: str,
    Kind.INT: int,
    Kind.FLOAT: float,
    Kind.BOOLEAN: bool,
    Kind.DATETIME: dt.datetime,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Cursor:
    """The place behind one row of a list; ``now`` is when the list was first asked for."""

    position: Position
    now: dt.datetime
    stated: str
    """The digest of the filter and the order as they were stated."""


def digest(stated: object) -> str:
    """What tells one stated list from another."""
    text = json.dumps(stated, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def encode(cursor: Cursor) -> str:
    """The cursor as clients see it."""
    values = [_plain(value) for value in cursor.position.values]
    content = [_VERSION, values, cursor.position.id, _microseconds(cursor.now), cursor.stated]
    return base64.urlsafe_b64encode(_written(content).encode()).decode().rstrip("=")


def decode(text: str, *, stated: str, kinds: Sequence[Kind] | None = None, argument: str = "after") -> Cursor:
    """Read a cursor that a client sent back together with a list of this digest.

    ``kinds`` are those of the attributes by which the list is ordered: no other values can be the position of a row.

    Raises:
        BadUserInput: it is no cursor of ours, of another version, or belongs to another filter or order.
    """
    try:
        cursor = _read(text)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, binascii.Error):
        raise BadUserInput(
            argument, text, "it is no cursor of this gateway; take one from `pageInfo` or `edges`"
        ) from None
    if cursor.stated != stated or not (kinds is None or _is_of(cursor.position, kinds)):
        raise BadUserInput(argument, text, "it belongs to a list with another filter or order; begin again without it")
    return cursor


def _read(text: str) -> Cursor:
    if len(text) > _LONGEST:
        raise ValueError
    content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), parse_constant=_refused)
    json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair could be sent on to nobody
    version, values, row_id, now, stated = content
    known = type(version) is int and version == _VERSION and type(now) is int and isinstance(values, list)
    if not (known and isinstance(row_id, str) and isinstance(stated, str)):
        raise ValueError
    return Cursor(Position(tuple(map(_value, values)), str(_value(row_id))), _instant(now), stated)


def _is_of(position: Position, kinds: Sequence[Kind]) -> bool:
    values = position.values
    return len(values) == len(kinds) and all(
        value is None or type(value) is _TYPES[kind] for value, kind in zip(values, kinds, strict=True)
    )


def _refused(constant: str) -> None:
    raise ValueError(constant)


def _plain(value: object) -> Any:
    return {"at": _microseconds(value)} if isinstance(value, dt.datetime) else value


def _value(plain: Any) -> object:
    """A value that some row could have: anybody can write a cursor, and no database takes everything."""
    match plain:
        case None | bool():
            return plain
        case str() if "\0" not in plain:
            return plain
        case int() if -_LARGEST <= plain < _LARGEST:
            return plain
        case float() if math.isfinite(plain):
            return plain
        case {"at": int(at)}:
            return _instant(at)
    raise ValueError


def _instant(microseconds: int) -> dt.datetime:
    return _EPOCH + microseconds * _MICROSECOND


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
