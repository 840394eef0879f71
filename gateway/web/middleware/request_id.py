"""Request ids: one for every request, told to the caller and used in the log; and the end of every unforeseen error."""

from __future__ import annotations

import random
import re
from typing import Any, Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.observe.events import Listener, RequestFailed
from gateway.web.headers import first
from gateway.web.refusals import failed

_NAME: Final = b"x-request-id"
_numbers = random.Random()  # noqa: S311  # an id is no secret, and asking the system for each costs 30 microseconds
_USABLE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(scope: Any) -> str:
    """The id of the request with this scope."""
    return str(scope.get("state", {}).get("request_id", "none"))


class RequestId:
    """Gives every request its id: the caller's own where it is short and plain, else a new one.

    An exception that nothing below has handled ends here: it becomes an event and a 500 that tells the id and nothing
    else. A caller who has gone away is no error and gets no answer.
    """

    def __init__(self, app: ASGIApp, *, listen: Listener) -> None:
        self._app = app
        self._listen = listen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        known = _chosen(first(scope, _NAME))
        scope.setdefault("state", {})["request_id"] = known
        started = False

        async def told(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (_NAME, known.encode("ascii"))]
            await send(message)

        try:
            await self._app(scope, receive, told)
        except ClientDisconnect:
            return
        except Exception as error:  # the border: whatever comes here was foreseen by nobody
            self._listen(RequestFailed.by(error, known))
            if not started:
                await failed(known)(scope, receive, told)


def _chosen(stated: str | None) -> str:
    return stated if stated and _USABLE.fullmatch(stated) else f"{_numbers.getrandbits(128):032x}"
