"""OData: ``/odata``, the flat tables as entity sets that Excel, Power BI and Tableau read and fold their filters into.

Read-only, OData 4.0 in JSON: the service document, ``$metadata``, entity sets with what `OFFERED` names, and
``$count``. All pages of a list are of one state of the mirror.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.domain.principal import Principal
from gateway.domain.tabular import FlatTable
from gateway.errors import (
    BadUserInput,
    ExportTooLarge,
    Forbidden,
    GatewayError,
    NotConfigured,
    RateLimited,
    StoreError,
    Unimplemented,
)
from gateway.services.stats import Snapshot
from gateway.services.tables import Opened, TableRequest, Tables
from gateway.web.auth import QUERY_KEY
from gateway.web.exports import number
from gateway.web.odata import errors, formats, links, payload
from gateway.web.odata.formats import Format
from gateway.web.odata.metadata import metadata, service
from gateway.web.odata.options import Options, options
from gateway.web.rates import Places

OWN: Final = (QUERY_KEY, "asOf", "atLeast")
"""What can be stated in the query beside OData's own."""

_METADATA: Final = "$metadata"
_COUNT: Final = "$count"
_REFUSED: Final = ("$batch", "$all", "$entity", "$crossjoin")
"""What OData knows beside entity sets and metadata."""
_VERSION: Final = {"OData-Version": "4.0", "Cache-Control": "private, no-cache", "Vary": "Authorization"}
_XML: Final = "application/xml"
_SIZE: Final = re.compile("[0-9]{1,18}")
_STATUSES: Final[Mapping[type[GatewayError], HTTPStatus]] = {
    BadUserInput: HTTPStatus.BAD_REQUEST,
    ExportTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotConfigured: HTTPStatus.NOT_IMPLEMENTED,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    Unimplemented: HTTPStatus.NOT_IMPLEMENTED,
}


class ODataView:
    """The service. ``principal`` says who asks; ``page_size`` is how many rows a page has at most.

    Each request takes one of the ``places`` of its caller until it is answered, in ``seconds`` at most.
    """

    def __init__(
        self,
        tables: Tables,
        *,
        principal: Callable[[Scope], Principal],
        page_size: int,
        places: Places,
        seconds: float,
    ) -> None:
        self._tables = tables
        self._principal = principal
        self._page_size = page_size
        self._places = places
        self._seconds = seconds
        self._metadata = metadata(tables.flat)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._answer(request)
        except tuple(_STATUSES) as error:
            response = _failed(error)
        except TimeoutError:
            message = f"It took longer than {self._seconds:g} seconds (GATEWAY_EXPORT_SECONDS); ask for less."
            response = _refused(HTTPStatus.SERVICE_UNAVAILABLE, "TIMEOUT", message)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = str(request.path_params.get("path", "")).strip("/")
        principal = self._principal(request.scope)
        items = _items(request)
        if path == _METADATA:
            return Response(self._metadata, headers=_VERSION, media_type=_XML)
        if not path:
            content = orjson.dumps(service(self._tables.flat, f"{_root(request)}/{_METADATA}"))
            return Response(content, headers=_VERSION, media_type=Format().content_type)
        name, _, rest = path.partition("/")
        table = self._table(name)
        with self._places.taken(principal.name):
            if rest == _COUNT:
                return await self._counted(principal, table, items)
            if rest:
                raise Unimplemented(path, "rows are read as whole entity sets; filter them by $filter")
            return await self._page(principal, table, request, items)

    def _table(self, name: str) -> FlatTable:
        if name.partition("(")[0] in _REFUSED:
            raise Unimplemented(name, f"there are {', '.join(self._tables.flat)}, and {_METADATA}")
        if "(" in name:
            raise Unimplemented(name, "rows are not addressed by their key; filter them by $filter")
        if name not in self._tables.flat:
            raise BadUserInput("entity set", name, f"there are {', '.join(self._tables.flat)}, and {_METADATA}")
        return self._tables.flat[name]

    async def _counted(self, principal: Principal, table: FlatTable, items: Sequence[tuple[str, str]]) -> Response:
        """How many rows there are, as a text."""
        asked = options(items, table, OWN)
        _check_countable(table)
        request = _request(table, asked, table.key, self._page_size, place=None, snapshot=_snapshot(items))
        async with self._tables.opened(principal, request) as opened:
            count = await opened.scan.count()
        return Response(str(count), headers={**_VERSION, **_state(opened)}, media_type="text/plain")

    async def _page(
        self, principal: Principal, table: FlatTable, request: Request, items: Sequence[tuple[str, str]]
    ) -> Response:
        asked = options(items, table, OWN)
        if table.of_documents and asked.ordering:
            raise Unimplemented("$orderby", f"{table.name} are read from documents, in the order of their calls")
        if asked.count:
            _check_countable(table)
        format_ = asked.format or formats.accepted(request.headers.get("accept"))
        if format_ is None:
            return _refused(HTTPStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", "Answers are application/json.")
        place = None if asked.skiptoken is None else links.place(asked.skiptoken, table, asked)
        left = asked.top if place is None else place.left
        wanted = _preferred(request.headers.get("prefer", ""), self._page_size)
        size = min(each for each in (self._page_size, wanted, left) if each is not None)
        columns = tuple(dict.fromkeys((*asked.select, *_gone_by(table, asked))))
        of = _request(table, asked, columns, size, place=place, snapshot=_snapshot(items))
        with _told_of_link(asked):
            async with self._tables.opened(principal, of) as opened:
                rows = [row async for batch in opened.scan.batches() for row in batch.to_pylist()]
                count = await opened.scan.count() if asked.count else None
        more = len(rows) > size and left != size
        link = None
        if more:
            behind = links.after(rows[size - 1], table, asked)
            further = links.Place(opened.scan.state, None if left is None else left - size, behind)
            link = links.next_link(f"{_root(request)}/{table.name}", items, links.token(further, table, asked))
        content = payload.page(
            table,
            asked.select,
            ([row[name] for name in asked.select] for row in rows[:size]),
            context=payload.context_url(f"{_root(request)}/{_METADATA}", table, asked.select),
            format=format_,
            count=count,
            next_link=link,
        )
        applied = {} if wanted is None else {"Preference-Applied": f"odata.maxpagesize={wanted}"}
        headers = {**_VERSION, **_state(opened), **applied}
        return Response(content, headers=headers, media_type=format_.content_type)


def _request(
    table: FlatTable,
    asked: Options,
    columns: Sequence[str],
    size: int,
    *,
    place: links.Place | None,
    snapshot: Snapshot,
) -> TableRequest:
    """One row more than the page has, to know whether there is another page."""
    return TableRequest(
        table=table.name,
        columns=columns,
        where=asked.predicate,
        ordering=asked.ordering,
        limit=size + 1,
        after=None if place is None else place.after,
        offset=asked.skip if place is None else 0,
        snapshot=snapshot if place is None else Snapshot(as_of=str(place.state)),
    )


def _items(request: Request) -> Sequence[tuple[str, str]]:
    """The decoded query; the key is there once, even where a client adds it to a link that has it already."""
    items = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return [item for at, item in enumerate(items) if item[0] != QUERY_KEY or item not in items[:at]]


def _check_countable(table: FlatTable) -> None:
    if table.of_documents:
        raise Unimplemented(_COUNT, f"{table.name} are read from documents, and counted by nobody before")


@contextlib.contextmanager
def _told_of_link(asked: Options) -> Iterator[None]:
    """Where the state of a link is no more, it is the link that is refused, and not ``asOf``, which nobody stated."""
    try:
        yield
    except BadUserInput as error:
        if asked.skiptoken is None or error.argument != "asOf":
            raise
        reason = "its state of the mirror is not kept any more; begin again without it, or read faster by an export"
        raise BadUserInput(links.TOKEN, asked.skiptoken, reason) from None


def _gone_by(table: FlatTable, asked: Options) -> Sequence[str]:
    """The columns that say where a row stands."""
    return [*(order.attribute for order in table.ordering(asked.ordering)), *table.key]


def _snapshot(items: Sequence[tuple[str, str]]) -> Snapshot:
    stated = dict(items)
    return Snapshot(as_of=stated.get("asOf"), at_least=number("atLeast", stated.get("atLeast")))


def _preferred(header: str, most: int) -> int | None:
    """The page that a client would have (``odata.maxpagesize``), as far as it is granted."""
    for preference in header.split(","):
        name, _, value = preference.partition(";")[0].strip().partition("=")
        number = value.strip().strip('"')
        if name.strip().lower().removeprefix("odata.") == "maxpagesize" and _SIZE.fullmatch(number):
            return min(max(int(number), 1), most)
    return None


def _root(request: Request) -> str:
    """The address of the service as the client knows it."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/odata"


def _state(opened: Opened) -> dict[str, str]:
    return {"X-As-Of": str(opened.scan.state)}


def _failed(error: GatewayError) -> Response:
    status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return _told(status, errors.explained(error))


def _refused(status: HTTPStatus, code: str, message: str) -> Response:
    return _told(status, errors.body(code, message))


def _told(status: HTTPStatus, content: bytes) -> Response:
    again = status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
    headers = {**_VERSION, **({"Retry-After": "5"} if again else {})}
    return Response(content, status, headers, media_type="application/json;odata.metadata=minimal")
