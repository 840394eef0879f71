"""Exports: ``GET /export/{table}.{format}``, whole tables for BI tools.

Rows go out as they are read, at the client's pace: what is in memory is one batch. Parquet has to be complete before it
can be read, so it is written to a spool file first and served with ``Range``. Where something goes wrong behind the
first byte, the connection is broken off: half a file never looks like a whole one.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.domain.filters import EVERYTHING, Predicate
from gateway.domain.principal import Principal
from gateway.domain.tabular import CUSTOMERS
from gateway.errors import (
    BadUserInput,
    ExportTooLarge,
    Forbidden,
    GatewayError,
    NotConfigured,
    QueryTimeout,
    RateLimited,
    StoreError,
)
from gateway.export.formats import FORMATS, Encoder, Encoding, Format
from gateway.export.spool import Part, Spool
from gateway.observe.events import ExportCut, Listener
from gateway.services.ahead import ahead
from gateway.services.stats import Snapshot
from gateway.services.tables import Opened, TableRequest, Tables
from gateway.web.middleware.request_id import request_id
from gateway.web.rates import Places
from gateway.web.refusals import explained

PARAMETERS: Final = ("columns", "where", "since", "asOf", "atLeast")
"""What can be stated in the query."""

_STATUSES: Final[Mapping[type[GatewayError], HTTPStatus]] = {
    BadUserInput: HTTPStatus.BAD_REQUEST,
    ExportTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotConfigured: HTTPStatus.NOT_IMPLEMENTED,
    QueryTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_RETRY_AFTER: Final = 5
_LONGEST_NUMBER: Final = 18
_ZERO: Final = re.compile(r"q ?= ?0(\.0*)?", re.IGNORECASE)
_PART: Final = rb"(?:\d{1,18}-(?:\d{1,18})?|-\d{1,18})"
_RANGE: Final = re.compile(rb"bytes=%b(?: *, *%b)*" % (_PART, _PART), re.IGNORECASE)
_FROM_TO: Final = re.compile(rb"(\d{1,18})-(\d{1,18})")
_PIECE: Final = 2**18
"""Bytes that are sent at once, so that others have their turn."""


class ExportView:
    """The endpoint. ``principal`` says who asks; ``predicate`` reads a filter, ``Call`` or ``Customer``, from JSON.

    Each export takes one of the ``places`` of its caller for as long as rows are read for it. It may take so many
    ``seconds``, and ends when its client has gone.
    """

    def __init__(
        self,
        tables: Tables,
        *,
        principal: Callable[[Scope], Principal],
        predicate: Callable[[str, Any, dt.datetime, str], Predicate],
        spool: Spool,
        places: Places,
        seconds: float,
        listen: Listener,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._tables = tables
        self._principal = principal
        self._predicate = predicate
        self._spool = spool
        self._places = places
        self._seconds = seconds
        self._listen = listen
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        until = asyncio.get_running_loop().time() + self._seconds
        async with contextlib.AsyncExitStack() as opened:
            try:
                response = await self._in_time(request, opened, until)
            except tuple(_STATUSES) as error:
                response = failed(error)
            try:
                async with asyncio.timeout_at(until):
                    await response(scope, receive, send)
            except (GatewayError, TimeoutError) as error:  # behind the first byte: to go no further breaks it off
                reason = error.code if isinstance(error, GatewayError) else f"{self._seconds:g} seconds"
                self._listen(ExportCut(request_id(scope), request.path_params["file"], reason))

    async def _in_time(self, request: Request, stack: contextlib.AsyncExitStack, until: float) -> Response:
        """The answer, unless the time is up or the client has gone before its first byte."""
        try:
            async with asyncio.timeout_at(until) as deadline, _watched(request, deadline) as watching:
                return await self._answer(request, stack)
        except TimeoutError:
            if watching.done() and not watching.cancelled():
                raise ClientDisconnect from None
        reason = f"The export took longer than the {self._seconds:g} seconds that GATEWAY_EXPORT_SECONDS allows."
        raise QueryTimeout(reason)

    async def _answer(self, request: Request, stack: contextlib.AsyncExitStack) -> Response:
        """The rows, or why there are none; what is to be closed after the answer goes on the stack."""
        name, format_ = _named(request.path_params["file"])
        asked = self._asked(name, request, in_order=format_.streams)  # sorting takes longer than reading
        principal = self._principal(request.scope)
        reading = await stack.enter_async_context(contextlib.AsyncExitStack())
        opened = await reading.enter_async_context(self._tables.opened(principal, asked))
        encoding = _encoding(request.headers.get("accept-encoding", "")) if format_.streams else None
        headers = _headers(opened, format_, encoding)
        if _is_known(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        place = self._places.taken(principal.name)
        if not format_.streams:
            response = await self._spooled(opened, format_, headers, stack, place)
            await reading.aclose()  # the file is complete
            return response
        if request.method == "HEAD":
            return _head_alone(headers, format_)
        reading.enter_context(place)
        return await self._streamed(opened, format_, encoding, headers, reading)

    def _asked(self, name: str, request: Request, *, in_order: bool) -> TableRequest:
        stated = _stated(request.query_params.multi_items())
        table = self._tables.table(name)
        of_customers = table.name == CUSTOMERS
        where = self._where("Customer" if of_customers else "Call", stated.get("where"))
        return TableRequest(
            table=name,
            columns=None if "columns" not in stated else [each.strip() for each in stated["columns"].split(",")],
            calls=EVERYTHING if of_customers else where,
            where=where if of_customers else EVERYTHING,
            since=number("since", stated.get("since")),
            in_order=in_order,
            snapshot=Snapshot(as_of=stated.get("asOf"), at_least=number("atLeast", stated.get("atLeast"))),
        )

    def _where(self, record: str, stated: str | None) -> Predicate:
        if stated is None:
            return EVERYTHING
        try:
            plain = json.loads(stated)
        except (ValueError, RecursionError):
            raise BadUserInput("where", stated, "it must be a filter as JSON") from None
        return self._predicate(record, plain, self._clock(), "where")

    async def _streamed(
        self,
        opened: Opened,
        format_: Format,
        encoding: Encoding | None,
        headers: Mapping[str, str],
        stack: contextlib.AsyncExitStack,
    ) -> Response:
        """Rows as they are read; the first are read before anything is said, so that errors are told as such."""
        pieces = self._pieces(opened, format_, encoding)
        stack.push_async_callback(pieces.aclose)
        first = await anext(pieces, b"")

        async def all_pieces() -> AsyncIterator[bytes]:
            for small in _small(first):
                yield small
            async for piece in pieces:
                for small in _small(piece):
                    yield small

        return StreamingResponse(all_pieces(), headers=dict(headers), media_type=format_.media_type)

    async def _pieces(self, opened: Opened, format_: Format, encoding: Encoding | None) -> AsyncGenerator[bytes]:
        encoder, rows = None, 0
        async with contextlib.aclosing(ahead(opened.scan.batches())) as batches:  # read while others are written
            async for batch in batches:
                rows += batch.num_rows
                self._tables.counted(rows)
                if encoder is None:
                    encoder = Encoder(format_, batch.schema, encoding)
                if encoded := await asyncio.to_thread(encoder.encoded, batch):
                    yield encoded
        if encoder is not None:
            yield await asyncio.to_thread(encoder.rest)

    async def _spooled(
        self,
        opened: Opened,
        format_: Format,
        headers: Mapping[str, str],
        stack: contextlib.AsyncExitStack,
        place: contextlib.AbstractContextManager[None],
    ) -> Response:
        """A file that is complete, and parts of it; a place is taken where it has to be written first."""

        async def write(part: Part) -> None:
            with place:
                async with contextlib.aclosing(self._pieces(opened, format_, None)) as pieces:
                    async for piece in pieces:
                        await part.write(piece)

        name = hashlib.sha256(headers["ETag"].encode()).hexdigest()
        path = await stack.enter_async_context(self._spool.file(name, write))
        return _Spooled(path, headers=dict(headers), media_type=format_.media_type, stat_result=path.stat())


class _Spooled(FileResponse):
    """A complete file, or the parts that are asked for; asked in another way, it is told whole, as HTTP has it.

    https://www.rfc-editor.org/rfc/rfc9110#section-14.2
    """

    chunk_size = _PIECE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = [header for header in scope["headers"] if header[0] != b"range" or _is_range(header[1])]
        await super().__call__({**scope, "headers": kept}, receive, send)


def _is_range(stated: bytes) -> bool:
    ordered = all(int(first) <= int(last) for first, last in _FROM_TO.findall(stated))
    return _RANGE.fullmatch(stated) is not None and ordered


@contextlib.asynccontextmanager
async def _watched(request: Request, deadline: asyncio.Timeout) -> AsyncIterator[asyncio.Task[None]]:
    """Let the time be up as soon as the client has gone; the task has ended then."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        deadline.reschedule(asyncio.get_running_loop().time())

    watching = asyncio.create_task(watch())
    try:
        yield watching
    finally:
        watching.cancel()


def _head_alone(headers: Mapping[str, str], format_: Format) -> Response:
    """What stands above rows; how long those are is not known."""
    response = Response(headers=headers, media_type=format_.media_type)
    del response.headers["Content-Length"]
    return response


def failed(error: GatewayError) -> Response:
    """The answer where nothing has been sent yet."""
    status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
    headers = {}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        asked = error.retry_after if isinstance(error, RateLimited) else _RETRY_AFTER
        headers["Retry-After"] = str(round(asked))
    return explained(status, error, headers)


def number(name: str, stated: str | None) -> int | None:
    """A whole number in the query."""
    if stated is None:
        return None
    if not (stated.isascii() and stated.isdigit() and len(stated) <= _LONGEST_NUMBER):
        raise BadUserInput(name, stated, "it must be the number of a change")
    return int(stated)


def _named(file: str) -> tuple[str, Format]:
    """The table and the format that a file's name states."""
    name, dot, ending = file.rpartition(".")
    if not dot or ending not in FORMATS:
        raise BadUserInput("format", ending if dot else "", f"it must be one of {', '.join(FORMATS)}")
    return name, FORMATS[ending]


def _stated(items: Sequence[tuple[str, str]]) -> dict[str, str]:
    stated: dict[str, str] = {}
    for name, value in items:
        if name not in PARAMETERS:
            raise BadUserInput(name, value, f"there is no such parameter; there are {', '.join(PARAMETERS)}")
        if name in stated:
            raise BadUserInput(name, value, "it is stated twice")
        stated[name] = value
    return stated


def _headers(opened: Opened, format_: Format, encoding: Encoding | None) -> dict[str, str]:
    told = format_.media_type if encoding is None else f"{format_.media_type} {encoding.value}"
    tag = hashlib.sha256(f"{opened.tag} {told}".encode()).hexdigest()[:24]
    headers = {
        "ETag": f'"{tag}"',
        "X-As-Of": str(opened.scan.state),
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept-Encoding",
        "Content-Disposition": f'attachment; filename="{opened.table.name}.{_ending(format_)}"',
    }
    return headers if encoding is None else {**headers, "Content-Encoding": encoding.value}


def _ending(of: Format) -> str:
    return next(ending for ending, each in FORMATS.items() if each is of)


def _encoding(accepted: str) -> Encoding | None:
    """The best of those that the client takes."""
    taken = {
        name.strip().lower() for each in accepted.split(",") for name, _, q in [each.partition(";")] if not _zero(q)
    }
    return next((encoding for encoding in (Encoding.ZSTD, Encoding.GZIP) if encoding.value in taken), None)


def _zero(quality: str) -> bool:
    return _ZERO.fullmatch(quality.strip()) is not None


def _is_known(stated: str | None, tag: str) -> bool:
    if stated is None:
        return False
    return stated.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in stated.split(","))


def _small(data: bytes) -> Sequence[bytes]:
    """The same in pieces."""
    return [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]
