"""Trust: where a statement about a customer came from, and who could have written it.

A web call's metadata is written by a browser with a public key. Variable values of an inbound call are filled from SIP
headers, which the caller writes. Values at the end of a conversation can come from the conversation. Vapi itself grades
its variables in the same way. (Payload samples; Vapi's documentation of static variables.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.domain.enums import CallType, Origin, Trust
from gateway.domain.paths import Path

_SERVER_MADE: Final = (CallType.OUTBOUND_PHONE_CALL, CallType.VAPI_WEBSOCKET_CALL)
_CONVERSATION: Final = frozenset({"artifact", "analysis", "messages", "transcript", "summary"})
_ORIGINS: Final[Mapping[str, Origin]] = {
    "metadata": Origin.METADATA,
    "variableValues": Origin.VARIABLES,
    "variables": Origin.VARIABLES,
}


def origin(path: Path) -> Origin:
    """What kind of place a path leads to: the outermost key that tells it does."""
    return next((_ORIGINS[key] for key in path.keys if key in _ORIGINS), Origin.EXPLICIT)


def trust(path: Path, document: Mapping[str, Any]) -> Trust:
    """Who could have written what stands at a path of this call."""
    return Trust.SERVER if _written_by_server(path, document) else Trust.CLIENT


def _written_by_server(path: Path, document: Mapping[str, Any]) -> bool:
    stated = document.get("type")
    kind = CallType.of(stated) if isinstance(stated, str) else CallType.UNKNOWN
    if path.keys[:1] and path.keys[0] in _CONVERSATION:  # what came of a conversation that the customer took part in
        return False
    if kind in _SERVER_MADE:  # created through POST /call, which wants the private key
        return True
    if kind is CallType.INBOUND_PHONE_CALL:
        return _inbound_by_server(path, document)
    # On web calls Vapi refuses a customer from a browser, so that one can only be Vapi's; all else a browser may send.
    return kind is CallType.WEB_CALL and path.keys[:1] in (("customer",), ("customerId",))


def _inbound_by_server(path: Path, document: Mapping[str, Any]) -> bool:
    place = origin(path)
    if place is Origin.METADATA:  # only the team's server can attach it, in answer to an assistant-request
        return True
    # The carrier vouches for a number on the telephone network; on SIP the caller writes the From header.
    return place is Origin.EXPLICIT and document.get("phoneCallTransport") == "pstn"
