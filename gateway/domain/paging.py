"""Paging: cursors that say where a list goes on, opaque to clients and safe to take back from them.

A cursor carries the row that it stands behind, the filter with its durations resolved (so that “the last seven days”
are the same seven days on every page), and a digest of the filter as it was stated, so that it cannot be used with
another.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import hashlib
import json
from typing import Any, Final

from gateway.domain.filters import Comparator, Condition, Predicate
from gateway.errors import BadUserInput

_VERSION: Final = 1
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_LONGEST: Final = 4096


@dataclasses.dataclass(frozen=True, slots=True)
class Cursor:
    """The place behind one call in a list of calls, newest first."""

    created_at: dt.datetime
    id: str
    predicate: Predicate
    stated: str
    """The digest of the filter as it was stated."""


def digest(stated: object) -> str:
    """What tells one stated filter from another."""
    text = json.dumps(stated, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def encode(cursor: Cursor) -> str:
    """The cursor as clients see it."""
    conditions = [[c.attribute, c.comparator.value, _plain(c.value)] for c in cursor.predicate]
    content = [_VERSION, _milliseconds(cursor.created_at), cursor.id, conditions, cursor.stated]
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str, *, stated: str) -> Cursor:
    """Read a cursor that a client sent back together with a filter of this digest.

    Raises:
        BadUserInput: it is no cursor of ours, of another version, or belongs to another filter.
    """
    try:
        cursor = _read(text)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, binascii.Error):
        raise BadUserInput(
            "after", text, "it is no cursor of this gateway; take one from `pageInfo` or `edges`"
        ) from None
    if cursor.stated != stated:
        raise BadUserInput("after", text, "it belongs to a list with another filter; begin again without it")
    return cursor


def _read(text: str) -> Cursor:
    if len(text) > _LONGEST:
        raise ValueError
    content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair could be sent on to nobody
    version, milliseconds, call_id, conditions, stated = content
    known = type(version) is int and version == _VERSION and type(milliseconds) is int
    if not (known and isinstance(call_id, str) and isinstance(stated, str)):
        raise ValueError
    predicate = tuple(Condition(str(name), Comparator(how), _value(value)) for name, how, value in conditions)
    return Cursor(_EPOCH + milliseconds * _MILLISECOND, call_id, predicate, stated)


def _plain(value: object) -> Any:
    return {"at": _milliseconds(value)} if isinstance(value, dt.datetime) else value


def _value(plain: Any) -> object:
    if isinstance(plain, dict):
        return _EPOCH + int(plain["at"]) * _MILLISECOND
    if not isinstance(plain, str):
        raise TypeError
    return plain


def _milliseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND
