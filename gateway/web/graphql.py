"""GraphQL over HTTP: Strawberry's view, with the media types, status codes and refusals of the specification.

https://graphql.github.io/graphql-over-http/draft/ ; where it leaves a choice, a client that does not ask for
``application/graphql-response+json`` gets ``application/json`` and 200, as clients of old expect.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from typing import Any, Final, TypeVar

from cachetools import LRUCache
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import ExecutionResult as GraphQLResult
from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from gateway import exact_json
from gateway.domain.allowance import Allowance
from gateway.domain.principal import Principal
from gateway.domain.principal import Scope as AllowedTo
from gateway.errors import BadUserInput, DocumentError, QueryTimeout
from gateway.graph.context import Context, Services
from gateway.graph.documents import Documents, named_by
from gateway.graph.faults import INTERNAL, error_of
from gateway.graph.known import held
from gateway.graph.lane.operations import Lane, Operation
from gateway.graph.schema import CatalogSchema
from gateway.web import bodies
from gateway.web.auth import principal
from gateway.web.eager import Rest, begin
from gateway.web.encoded import Encoded
from gateway.web.headers import every, first
from gateway.web.media_types import GRAPHQL, JSON, accepted, is_json
from gateway.web.middleware.request_id import request_id
from gateway.web.refusals import refused

T = TypeVar("T")

_KEPT: Final = 32 * 2**20
"""The bytes that may be taken by what bodies of requests ask for, with the documents that it holds on to."""
_LONGEST_KEPT: Final = 4_096
"""How long a body may be of which that is kept, in bytes."""
_VALUES: Final = 32
"""The bytes that values take for each byte of the JSON that they stand in, at most: an empty list has two there."""
_METHODS: Final = "GET, POST"
_SHOWN: Final = 80
"""How much of a text that a caller sent an error repeats."""
_BESIDE: Final[Mapping[int, Mapping[str, str]]] = {
    HTTPStatus.METHOD_NOT_ALLOWED: {"Allow": _METHODS},
    HTTPStatus.REQUEST_TIMEOUT: {"Connection": "close"},
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"Connection": "close"},
}
"""The headers of a refusal, by its status."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What requests are held to: bytes of a body and seconds for it, seconds for an operation, requests to upstream.

    ``upstream_budget`` is None for any number. ``max_age`` is for how many seconds a browser may keep the answer to a
    GET that names its document.
    """

    body_bytes: int
    body_seconds: float
    seconds: float
    upstream_budget: int | None
    max_age: int


@dataclasses.dataclass
class Asked(GraphQLRequestData):
    """A request, which may name its document instead of stating it."""

    document_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """What a body asks for, and the memory that it takes to keep that."""

    operation: Operation
    size: int


class GraphQLView(GraphQL[Context, None]):
    """The endpoint ``/graphql``: queries by POST and GET, answers and refusals always in JSON."""

    def __init__(
        self,
        schema: CatalogSchema,
        *,
        services: Services,
        documents: Documents,
        rules: Rules,
        clock: Callable[[], dt.datetime],
    ) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._schema = schema
        self._asked: LRUCache[tuple[bytes, AbstractSet[AllowedTo]], _Found] = LRUCache(
            _KEPT, getsizeof=lambda found: found.size
        )
        self._services = services
        self._documents = documents
        self._rules = rules
        self._clock = clock

    @property
    def lane(self) -> Lane | None:
        """What answers operations that are compiled as a whole."""
        return self._schema.lane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = _media_type(request)
        try:
            response = await self._answer(request, media_type)
        except HTTPException as refusal:
            beside = _BESIDE.get(refusal.status_code)
            response = refused(refusal.status_code, refusal.reason, beside, media_type=media_type or JSON)
        await response(scope, receive, send)

    async def _answer(self, request: Request, media_type: str | None) -> ASGIApp:
        if request.method not in ("GET", "POST"):
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "GraphQL is asked by GET and POST")
        if media_type is None:
            raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, f"The answer can be {GRAPHQL} or {JSON}")
        if request.method == "POST":
            body = await self._read(request)
            compiled = await self._compiled(request, body, media_type)
            if compiled is not None:
                return compiled
            request = Request(request.scope, bodies.again(body, request.receive))
        response = await self.run(request)
        return _unchanged(response) if _is_known(request.headers, response.headers) else response

    async def _compiled(self, request: Request, body: bytes, media_type: str) -> ASGIApp | None:
        """The answer of the compiled lane; None where the request is not one that it answers."""
        lane, known = self._schema.lane, principal(request.scope)
        operation = self._operation(lane, body, known.scopes) if lane is not None else None
        if lane is None or operation is None:
            return None
        context = self._context(request, known)
        begun = begin(lane.answer(operation, context))
        answered = await self._in_time(request, context, begun) if isinstance(begun, Rest) else begun
        if isinstance(answered, bytes):
            return Encoded(answered, media_type)
        told = self._schema.told(answered, context) if isinstance(answered, GraphQLResult) else answered
        return self.create_response(await self.process_result(request, told), Response(media_type=media_type))

    def _operation(self, lane: Lane, body: bytes, scopes: AbstractSet[AllowedTo]) -> Operation | None:
        """What is asked for in a body, if the lane answers it; pages ask with the same bodies again and again."""
        kept = self._asked.get((body, scopes))
        if kept is not None:
            return kept.operation
        asked = self._read_request(body)
        found = None if asked is None else self._found(lane, asked, scopes)
        is_lasting = asked is not None and not (asked.extensions or asked.document_id)  # names can be forgotten
        if found is not None and is_lasting and len(body) <= _LONGEST_KEPT:
            self._asked[body, scopes] = _Found(found, held(found.shape.known.text) + len(body) * _VALUES)
        return found

    def _read_request(self, body: bytes) -> Asked | None:
        try:
            return _request_data(self.decode_json(body))
        except HTTPException:
            return None  # whoever executes it says what is wrong with it

    def _found(self, lane: Lane, asked: Asked, scopes: AbstractSet[AllowedTo]) -> Operation | None:
        try:
            text = self._documents.text(asked.query, asked.document_id, asked.extensions)
        except (BadUserInput, DocumentError):
            return None  # whoever executes it says what is wrong with it
        found = None if text is None else lane.operation(text, asked.operation_name, asked.variables, scopes)
        if found is not None:
            self._documents.keep(asked.query, asked.extensions)
        return found

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        return self._context(request, principal(request.scope))

    def _context(self, request: HTTPConnection, known: Principal) -> Context:
        return Context(
            request_id=request_id(request.scope),
            principal=known,
            services=self._services,
            allowance=Allowance(self._rules.upstream_budget),
            now=self._clock(),
        )

    def should_render_graphql_ide(self, request: object) -> bool:
        return False

    def decode_json(self, data: str | bytes) -> object:
        """JSON as clients send it; whatever cannot be read is the client's fault, however it fails."""
        try:
            return exact_json.loads(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError) as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The request holds no JSON that can be read") from error

    def encode_json(self, data: object) -> bytes:
        return exact_json.dumps(data)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        if request.method == "GET":
            stated = {name: value for name, value in request.query_params.items() if value != ""}
            return _request_data(self.parse_query_params(stated))  # empty is left out, says the specification
        return _request_data(self.parse_json(await request.get_body()))

    async def _read(self, request: Request) -> bytes:
        """The body of a request, if it is one that can be read."""
        if not is_json(first(request.scope, b"content-type")):
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The request must be application/json in UTF-8")
        if (first(request.scope, b"content-encoding") or "identity") != "identity":
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The request must not be compressed")
        limit, seconds = self._rules.body_bytes, self._rules.body_seconds
        match await bodies.read(request.scope["headers"], request.receive, limit=limit, seconds=seconds):
            case bodies.Unread.TOO_LARGE:
                reason = f"The body is larger than the {limit} bytes that GATEWAY_BODY_BYTES allows"
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
            case bodies.Unread.TOO_LATE:
                reason = f"The body has not come within the {seconds:g} seconds that GATEWAY_BODY_SECONDS allows"
                raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, reason)
            case bytes() as body:
                return body

    async def execute_single(self, request: Request, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Execute; an operation that cannot be told apart is an error of the request, as a syntax error is.

        A document that is named is looked up first, and kept afterwards, if it was sent to be kept.
        """
        asked: Asked = kwargs["request_data"]
        try:
            text = self._documents.text(asked.query, asked.document_id, asked.extensions)
            named = asked.document_id or named_by(asked.extensions)
        except (BadUserInput, DocumentError) as error:
            return ExecutionResult(None, [error_of(error)])
        kwargs["request_data"] = dataclasses.replace(asked, query=text)
        try:
            result = await self._in_time(request, kwargs["context"], super().execute_single(request, *args, **kwargs))
        except HTTPException as refusal:
            return _unexecuted(refusal, refusal.__cause__)
        if not is_request_error(result):
            self._documents.keep(asked.query, asked.extensions)
        if request.method == "GET" and named and not result.errors:
            kwargs["sub_response"].headers.update(self._keeping())
        return result

    async def _in_time(self, request: Request, context: Context, work: Awaitable[T]) -> T | ExecutionResult:
        """Execute until the time is up, or the client has gone; then what the operation began is ended with it."""
        seconds = self._rules.seconds
        try:
            async with asyncio.timeout(seconds) as deadline:
                watching = asyncio.create_task(_end_when_gone(request, deadline))
                try:
                    return await work
                finally:
                    watching.cancel()
        except TimeoutError:
            if watching.done() and not watching.cancelled() and watching.result():
                raise ClientDisconnect from None
        reason = f"The operation took longer than the {seconds:g} seconds that GATEWAY_QUERY_SECONDS allows."
        cost = {} if context.cost is None else {"cost": context.cost}
        return ExecutionResult(None, [error_of(QueryTimeout(reason))], extensions=cost)

    def _keeping(self) -> dict[str, str]:
        """What the answer to a GET that names its document says of how long it may be kept: by one browser, for one."""
        max_age = self._rules.max_age
        kept = f"private, max-age={max_age}" if max_age else "private, no-cache"
        return {"Cache-Control": kept, "Vary": "Authorization, Accept"}

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The answer's body; where nothing was executed it has no ``data``."""
        body = process_result(result)
        if is_request_error(result):
            body.pop("data", None)
        return body

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """What the answer is made on: it knows the media type that the client would rather have."""
        return Response(media_type=_media_type(request))

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        media_type = sub_response.media_type or JSON
        status = HTTPStatus.OK if media_type == JSON or "data" in response_data else _status(response_data)
        response = _response(self.encode_json(response_data), media_type, status)
        if "vary" in sub_response.headers:  # it may be kept
            response.headers.update({name: sub_response.headers[name] for name in ("cache-control", "vary")})
            response.headers["etag"] = _tag(media_type, bytes(response.body))
        return response


def is_request_error(result: ExecutionResult) -> bool:
    """Whether the request failed before anything was executed: syntax, validation, variables, operation."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


def _media_type(request: HTTPConnection) -> str | None:
    return accepted(", ".join(every(request.scope, b"accept")))


async def _end_when_gone(request: Request, deadline: asyncio.Timeout) -> bool:
    """Let the time be up as soon as the client has gone, and say so; before that, there may be more of its body."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    deadline.reschedule(asyncio.get_running_loop().time())
    return True


def _response(body: bytes, media_type: str, status: int) -> Response:
    headers = {"content-type": f"{media_type}; charset=utf-8", "cache-control": "no-store"}
    return Response(body, status_code=status, headers=headers)


def _tag(media_type: str, body: bytes) -> str:
    """A strong tag: another body has another, and so has the same in another media type."""
    return f'"{hashlib.blake2b(media_type.encode() + body, digest_size=16).hexdigest()}"'


def _is_known(asked: Headers, answered: Mapping[str, str]) -> bool:
    """Whether the caller has this very answer already."""
    known = {tag.strip().removeprefix("W/") for tag in asked.get("if-none-match", "").split(",")}
    return "etag" in answered and bool(known & {answered["etag"], "*"})


def _unchanged(response: Response) -> Response:
    kept = {name: response.headers[name] for name in ("cache-control", "vary", "etag")}
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)


def _status(unexecuted: Any) -> HTTPStatus:
    """The status of an answer without data: whose fault that is."""
    codes = {error["extensions"]["code"] for error in unexecuted["errors"]}
    if INTERNAL in codes:
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.GATEWAY_TIMEOUT if QueryTimeout.code in codes else HTTPStatus.BAD_REQUEST


def _unexecuted(refusal: HTTPException, cause: BaseException | None) -> ExecutionResult:
    """What Strawberry refuses to execute, as the error that the request gets, or as a refusal in our words."""
    if isinstance(cause, CannotGetOperationTypeError):
        extensions = {"code": "OPERATION_RESOLUTION_FAILURE"}
        return ExecutionResult(None, [GraphQLError(_unresolved(cause.operation_name), extensions=extensions)])
    if isinstance(cause, InvalidOperationTypeError):
        reason = f"A {cause.operation_type.value} is asked by POST"
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, reason) from cause
    if isinstance(cause, MissingQueryError):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The request has no “query”, and no “documentId”") from cause
    raise refusal


def _unresolved(name: str | None) -> str:
    if name is None:
        return "The document must hold one operation, or “operationName” say which of several is meant."
    return f"The document holds no operation “{name[:_SHOWN]}”."


def _request_data(data: object) -> Asked:
    """The parameters of a request, each of its type. One request holds one operation: lists are refused."""
    if not isinstance(data, dict):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The request must be a JSON object")
    return Asked(
        query=_typed(data, "query", str),
        variables=_typed(data, "variables", dict),
        operation_name=_typed(data, "operationName", str) or None,
        extensions=_typed(data, "extensions", dict),
        document_id=_typed(data, "documentId", str),
    )


def _typed(data: Mapping[str, Any], name: str, expected: type) -> Any:
    value = data.get(name)
    if value is None or isinstance(value, expected):
        return value
    kind = "a string" if expected is str else "an object"
    raise HTTPException(HTTPStatus.BAD_REQUEST, f"“{name}” must be {kind} or null")
