"""GraphQL over HTTP: Strawberry's view, with the media types, status codes and refusals of the specification.

https://graphql.github.io/graphql-over-http/draft/ ; where it leaves a choice, a client that does not ask for
``application/graphql-response+json`` gets ``application/json`` and 200, as clients of old expect.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from gateway.domain.principal import ANONYMOUS
from gateway.graph.context import Context, Services
from gateway.graph.faults import INTERNAL
from gateway.graph.schema import CatalogSchema
from gateway.web.media_types import GRAPHQL, JSON, accepted, is_json
from gateway.web.middleware.request_id import request_id
from gateway.web.refusals import refused

_METHODS: Final = "GET, POST"
_SHOWN: Final = 80
"""How much of a text that a caller sent an error repeats."""


class GraphQLView(GraphQL[Context, None]):
    """The endpoint ``/graphql``: queries by POST and GET, answers and refusals always in JSON."""

    def __init__(self, schema: CatalogSchema, *, services: Services, clock: Callable[[], dt.datetime]) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._services = services
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media_type = _media_type(request)
        try:
            response = await self._answer(request, media_type)
        except HTTPException as refusal:
            allow = {"Allow": _METHODS} if refusal.status_code == HTTPStatus.METHOD_NOT_ALLOWED else None
            response = refused(refusal.status_code, refusal.reason, allow, media_type=media_type or JSON)
        await response(scope, receive, send)

    async def _answer(self, request: Request, media_type: str | None) -> Response:
        if request.method not in ("GET", "POST"):
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "GraphQL is asked by GET and POST")
        if media_type is None:
            raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, f"The answer can be {GRAPHQL} or {JSON}")
        return await self.run(request)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        return Context(
            request_id=request_id(request.scope), principal=ANONYMOUS, services=self._services, now=self._clock()
        )

    def should_render_graphql_ide(self, request: object) -> bool:
        return False

    def decode_json(self, data: str | bytes) -> object:
        """JSON as clients send it; whatever cannot be read is the client's fault, however it fails."""
        try:
            return json.loads(data, parse_constant=_no_json)
        except (ValueError, RecursionError) as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The request holds no JSON that can be read") from error

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        if request.method == "GET":
            stated = {name: value for name, value in request.query_params.items() if value != ""}
            return _request_data(self.parse_query_params(stated))  # empty is left out, says the specification
        if not is_json(request.content_type):
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The request must be application/json in UTF-8")
        return _request_data(self.parse_json(await request.get_body()))

    async def execute_single(self, request: Request, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Execute; an operation that cannot be told apart is an error of the request, as a syntax error is."""
        try:
            return await super().execute_single(request, *args, **kwargs)
        except HTTPException as refusal:
            return _unexecuted(refusal, refusal.__cause__)

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
        headers = {"content-type": f"{media_type}; charset=utf-8"}
        return Response(self.encode_json(response_data), status_code=status, headers=headers)


def is_request_error(result: ExecutionResult) -> bool:
    """Whether the request failed before anything was executed: syntax, validation, variables, operation."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


def _media_type(request: HTTPConnection) -> str | None:
    return accepted(", ".join(request.headers.getlist("accept")))


def _status(unexecuted: Any) -> HTTPStatus:
    """The status of an answer without data: whose fault that is."""
    ours = any(error["extensions"]["code"] == INTERNAL for error in unexecuted["errors"])
    return HTTPStatus.INTERNAL_SERVER_ERROR if ours else HTTPStatus.BAD_REQUEST


def _unexecuted(refusal: HTTPException, cause: BaseException | None) -> ExecutionResult:
    """What Strawberry refuses to execute, as the error that the request gets, or as a refusal in our words."""
    if isinstance(cause, CannotGetOperationTypeError):
        extensions = {"code": "OPERATION_RESOLUTION_FAILURE"}
        return ExecutionResult(None, [GraphQLError(_unresolved(cause.operation_name), extensions=extensions)])
    if isinstance(cause, InvalidOperationTypeError):
        reason = f"A {cause.operation_type.value} is asked by POST"
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, reason) from cause
    if isinstance(cause, MissingQueryError):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The request has no “query”") from cause
    raise refusal


def _unresolved(name: str | None) -> str:
    if name is None:
        return "The document must hold one operation, or “operationName” say which of several is meant."
    return f"The document holds no operation “{name[:_SHOWN]}”."


def _no_json(constant: str) -> None:
    raise ValueError(constant)


def _request_data(data: object) -> GraphQLRequestData:
    """The parameters of a request, each of its type. One request holds one operation: lists are refused."""
    if not isinstance(data, dict):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The request must be a JSON object")
    return GraphQLRequestData(
        query=_typed(data, "query", str),
        variables=_typed(data, "variables", dict),
        operation_name=_typed(data, "operationName", str) or None,
        extensions=_typed(data, "extensions", dict),
    )


def _typed(data: Mapping[str, Any], name: str, expected: type) -> Any:
    value = data.get(name)
    if value is None or isinstance(value, expected):
        return value
    kind = "a string" if expected is str else "an object"
    raise HTTPException(HTTPStatus.BAD_REQUEST, f"“{name}” must be {kind} or null")
