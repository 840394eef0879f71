"""Formats: how much control information an answer carries, and how it writes whole numbers.

A client says it by ``$format`` or by the header ``Accept``, both as a media type with parameters (OData JSON Format
4.0, 3): ``application/json;odata.metadata=minimal;IEEE754Compatible=true``.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.errors import BadUserInput, Unimplemented
from gateway.web.media_types import JSON


class Control(enum.Enum):
    """How much control information an answer carries; the value is that of ``odata.metadata``."""

    MINIMAL = "minimal"
    NONE = "none"


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    """How an answer is written; ``texts_for_int64`` since some clients read every number as a double."""

    control: Control = Control.MINIMAL
    texts_for_int64: bool = False

    @property
    def content_type(self) -> str:
        """What the answer says of itself."""
        suffix = ";IEEE754Compatible=true" if self.texts_for_int64 else ""
        return f"{JSON};odata.metadata={self.control.value};charset=utf-8{suffix}"


_FULL: Final = "full"
_OFFERED: Final = f"json, or {JSON} with odata.metadata=minimal or none"
_ANY: Final = ("*/*", "application/*", JSON)
_BOOLEANS: Final = {"true": True, "false": False}


def stated(text: str) -> Format:
    """The format that ``$format`` states.

    Raises:
        BadUserInput: it is not JSON, or nothing that JSON can be written like.
        Unimplemented: full control information.
    """
    name, parameters = _media_type(text)
    control = _control(parameters)
    if name not in ("json", JSON):
        raise BadUserInput("$format", text, f"it can be {_OFFERED}")
    if control == _FULL:
        raise Unimplemented("odata.metadata=full", f"$format can be {_OFFERED}")
    found = _format(control, parameters)
    if found is None:
        raise BadUserInput("$format", text, f"it can be {_OFFERED}")
    return found


def accepted(accept: str | None) -> Format | None:
    """The format that a client would rather have, by its header ``Accept``; None where it would take none of ours."""
    if not accept or not accept.strip():
        return Format()
    weighed = sorted(_ranges(accept), key=lambda each: -each[0])
    return next((found for weight, found in weighed if weight > 0), None)


def _ranges(accept: str) -> Iterator[tuple[float, Format]]:
    for part in accept.split(","):
        name, parameters = _media_type(part)
        found = _format(_control(parameters), parameters) if name in _ANY else None
        if found is not None:
            yield _weight(parameters.get("q", "1")), found


def _format(control: str, parameters: Mapping[str, str]) -> Format | None:
    texts = _BOOLEANS.get(parameters.get("ieee754compatible", "false"))
    if control not in [each.value for each in Control] or texts is None:
        return None
    return Format(Control(control), texts)


def _control(parameters: Mapping[str, str]) -> str:
    return parameters.get("odata.metadata", parameters.get("metadata", Control.MINIMAL.value))


def _media_type(text: str) -> tuple[str, Mapping[str, str]]:
    name, *parameters = (piece.strip().lower() for piece in text.split(";"))
    pairs = (piece.partition("=") for piece in parameters)
    return name, {key.strip(): value.strip().strip('"') for key, _, value in pairs}


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
