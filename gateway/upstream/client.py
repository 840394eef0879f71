"""The client: Vapi's API as a `CallSource`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import importlib.metadata
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import httpx
import stamina

from gateway.domain.related import Related
from gateway.errors import SettingsInvalid
from gateway.observe.events import Listener, RowDropped, UpstreamAnswered, UpstreamRetried, silence
from gateway.ports import CallQuery, Document
from gateway.upstream import bodies, faults
from gateway.upstream.faults import Fault
from gateway.upstream.instants import ceiling, floor, wire
from gateway.upstream.pacing import Pacing
from gateway.upstream.retries import Retries, backoff

_CALL_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,128}")
"""What can be the id of a call. Vapi's are UUIDs; anything that could change the path (“..”, “/”, “?”) is none."""

_KEY: Final = re.compile(r"[!-~]+")
"""What a Bearer token may consist of. Anything else httpx or h11 would refuse with an error that quotes the key."""

_LISTING: Final = "GET /call"
"""How errors name a list."""

_IDLE: Final = 30.0
"""Seconds for which an unused connection is kept; httpx's own 5 would mean a TLS handshake for nearly every reader."""


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """One GET: ``route`` is the template that events name, ``path`` is relative to the base URL."""

    route: str
    path: str
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)
    missing_is_an_answer: bool = False

    @property
    def shown(self) -> str:
        """How errors name it."""
        return f"GET {self.route}"


class _Failed(Exception):
    """Carries a fault through stamina, whose hooks may log it: it shows nothing but the fault's code."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.error.code)


class VapiClient:
    """Calls as Vapi's API tells them, in pace, with retries.

    Raises the leaves of `gateway.errors.UpstreamError` and nothing else; none of them has a cause or a context that
    would hold the request and thereby the key. ``clock`` gives seconds for durations, ``now`` the wall clock for HTTP
    dates. What it asks in the ``background`` lets everything else go first.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        pacing: Pacing,
        retries: Retries,
        listen: Listener = silence,
        clock: Callable[[], float] = time.perf_counter,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        background: bool = False,
    ) -> None:
        self._http = http
        self._take_turn = pacing.background_turn if background else pacing.turn
        self._pacing = pacing
        self._retries = retries
        self._listen = listen
        self._clock = clock
        self._now = now

    async def get(self, call_id: str) -> Document | None:
        """The call with this id; None where there is none, also where the text cannot be an id."""
        if not _CALL_ID.fullmatch(call_id):
            return None
        question = Question("/call/{id}", f"call/{call_id}", missing_is_an_answer=True)
        answer = await self._ask(question)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return bodies.document(answer.content, route=question.shown)

    async def related(self, kind: Related, related_id: str) -> Document | None:
        """The assistant, squad or phone number with this id; None where there is none."""
        if not _CALL_ID.fullmatch(related_id):
            return None
        question = Question(f"/{kind.path}/{{id}}", f"{kind.path}/{related_id}", missing_is_an_answer=True)
        answer = await self._ask(question)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return bodies.document(answer.content, route=question.shown)

    async def list(self, query: CallQuery) -> Sequence[Document]:
        """The calls that match, as Vapi orders them.

        A row that is no object leaves an empty document in its place: an answer's length tells whether more calls
        follow.
        """
        rows = bodies.rows(await self.body(query), route=_LISTING)
        return [self._row(row) for row in rows]

    async def body(self, query: CallQuery) -> bytes:
        """The calls that match as the JSON that Vapi sent, for those who read it elsewhere: it can have 14 MB."""
        return (await self._ask(Question("/call", "call", parameters(query)))).content

    def _row(self, row: object) -> Document:
        if isinstance(row, dict) and row:
            return row
        self._listen(RowDropped("not an object, or an empty one"))
        return {}

    async def _ask(self, question: Question) -> httpx.Response:
        """The answer after as many attempts as it takes; raised outside the handler, an error has no context."""
        try:
            return await self._persist(question)
        except _Failed as failed:
            error = failed.fault.error
        raise error

    async def _persist(self, question: Question) -> httpx.Response:
        """Attempts until one succeeds or none is worth it; the time-out counts from the first turn on."""
        await self._turn(question)
        again = functools.partial(self._backoff, self._clock())
        failed: Fault | None = None
        async for attempt in stamina.retry_context(on=again, **dataclasses.asdict(self._retries)):
            with attempt:
                if failed:
                    self._listen(UpstreamRetried(question.route, failed.error.code, attempt.num - 1))
                    await self._turn(question)
                answer = await self._attempt(question)
                if isinstance(answer, httpx.Response):
                    return answer
                failed = answer
                raise _Failed(failed)
        raise AssertionError("stamina raises what the last attempt raised")

    def _backoff(self, started: float, error: Exception) -> bool | float:
        if not isinstance(error, _Failed):
            return False
        return backoff(error.fault, self._retries, elapsed=self._clock() - started)

    async def _turn(self, question: Question) -> None:
        """Waits for a turn, unless the pause that Vapi asked for, or the crowd before it, takes too long."""
        if await self._take_turn(patience=self._retries.timeout):
            return
        left = self._pacing.pause_left()
        raise _Failed(faults.paused(left, route=question.shown) if left else faults.crowded(route=question.shown))

    async def _attempt(self, question: Question) -> httpx.Response | Fault:
        """One request: the answer, or what went wrong."""
        started = self._clock()
        try:
            answer = await self._http.get(question.path, params=question.params)
        except tuple(faults.EXCEPTIONS) as error:
            self._answered(question, type(error).__name__, started)
            return faults.failure(error, route=question.shown)
        self._answered(question, str(answer.status_code), started)
        return self._judged(question, answer)

    def _judged(self, question: Question, answer: httpx.Response) -> httpx.Response | Fault:
        """The answer if it is one, else its fault; a 429 that says how long to wait pauses everybody."""
        missing = answer.status_code == httpx.codes.NOT_FOUND
        if answer.is_success or (missing and question.missing_is_an_answer):
            return answer
        fault = faults.fault(answer.status_code, answer.headers, route=question.shown, now=self._now())
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS and fault.retry_after:
            self._pacing.pause(fault.retry_after)
        return fault

    def _answered(self, question: Question, outcome: str, started: float) -> None:
        self._listen(UpstreamAnswered("GET", question.route, outcome, self._clock() - started))


def connect(
    *,
    base_url: str,
    key: str,
    timeout: float,
    connections: int,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """An HTTP client for Vapi at ``base_url``: US ``https://api.vapi.ai``, EU ``https://api.eu.vapi.ai``; a path stays.

    ``timeout`` is the seconds to wait for a connection, for each piece of an answer, and for a free one of the
    ``connections``. The caller closes it. Raises `SettingsInvalid` for a key or an address that cannot be used,
    without showing the key.
    """
    return httpx.AsyncClient(
        base_url=_usable_url(base_url),
        headers={
            "Authorization": f"Bearer {_usable_key(key)}",
            "User-Agent": user_agent(),
            "Accept": "application/json",
        },
        timeout=httpx.Timeout(timeout),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=_IDLE),
        transport=transport,
    )


def parameters(query: CallQuery) -> dict[str, str]:
    """The query as ``GET /call`` wants it. The wire has milliseconds: finer bounds are rounded outwards."""
    wanted = {
        "limit": str(query.limit),
        "createdAtGe": wire(floor(query.created_from)) if query.created_from else None,
        "createdAtLe": wire(ceiling(query.created_to)) if query.created_to else None,
        "updatedAtGe": wire(floor(query.updated_from)) if query.updated_from else None,
        "updatedAtLe": wire(ceiling(query.updated_to)) if query.updated_to else None,
        "assistantId": query.assistant_id,
        "phoneNumberId": query.phone_number_id,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def user_agent() -> str:
    """Who we are. Cloudflare, in front of Vapi, answers 403 to a request that does not say."""
    try:
        return f"vapi-call-gateway/{importlib.metadata.version('vapi-call-gateway')}"
    except importlib.metadata.PackageNotFoundError:  # run from a checkout
        return "vapi-call-gateway/0"


def _usable_key(key: str) -> str:
    if _KEY.fullmatch(key):
        return key
    raise SettingsInvalid(
        "GATEWAY_UPSTREAM_KEY (or VAPI_API_KEY) must be Vapi's private key: it is empty or holds a character "
        "that no HTTP header may carry (a space, a line break, a letter beyond ASCII). It is not shown here."
    )


def _usable_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme in ("http", "https") and url.host and not (url.userinfo or url.query or url.fragment):
        return url
    raise SettingsInvalid(
        "GATEWAY_UPSTREAM_URL must be an http(s) address such as https://api.vapi.ai or https://api.eu.vapi.ai, "
        "without user, password, query and fragment."
    )
