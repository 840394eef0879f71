"""Worlds: the same gateway over different calls, asked by principals who may see some of them.

A world holds calls of a few customers and assistants. Of a principal there is a second world, of the calls alone that
they may see; who cannot tell the two from each other has learned nothing of the rest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx
from hypothesis import strategies as st
from strawberry.types import ExecutionResult

from gateway import app
from gateway.domain.allowance import Allowance
from gateway.domain.principal import EVERY_SCOPE, Principal, Scope
from gateway.errors import Forbidden
from gateway.graph.context import Context
from tests.e2e.gateways import quick_settings

NOW: Final = dt.datetime(2026, 8, 20, 12, 0, tzinfo=dt.UTC)
CUSTOMERS: Final = ("ann", "bob", "cy")
ASSISTANTS: Final = ("a1", "a2")
WORDS: Final = ("refund", "invoice", "order")

Document = dict[str, Any]


def call_id(number: int) -> str:
    """The id of a call."""
    return f"00000000-0000-4000-8000-{number:012}"


@st.composite
def calls(draw: st.DrawFn) -> list[Document]:
    """Up to a dozen calls; who the customer is, and who says so, differs."""
    return [_call(draw, number) for number in range(draw(st.integers(1, 12)))]


def _call(draw: st.DrawFn, number: int) -> Document:
    created = NOW - dt.timedelta(hours=draw(st.integers(1, 60)))
    metadata = {
        "customerId": draw(st.none() | st.sampled_from(CUSTOMERS)),
        "customerName": draw(st.none() | st.sampled_from(["Ann", "Bob"])),
        "email": draw(st.none() | st.just(f"{draw(st.sampled_from(CUSTOMERS))}@example.com")),
    }
    return {
        "id": call_id(number),
        "createdAt": _written(created),
        "updatedAt": _written(created),
        "startedAt": _written(created),
        "endedAt": _written(created + dt.timedelta(seconds=draw(st.integers(0, 90)))),
        "type": draw(st.sampled_from(["webCall", "outboundPhoneCall"])),
        "status": "ended",
        "cost": draw(st.sampled_from([None, 0.1, 0.25, 1.5])),
        "assistantId": draw(st.none() | st.sampled_from(ASSISTANTS)),
        "assistantOverrides": {"metadata": {name: value for name, value in metadata.items() if value is not None}},
        "artifact": {
            "transcript": " ".join(draw(st.lists(st.sampled_from(WORDS), max_size=3))),
            "recordingUrl": f"https://recordings.invalid/{number}",
        },
    }


def _written(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def principals() -> st.SearchStrategy[Principal]:
    """Anybody: some scopes, some customers, some assistants."""
    return st.builds(
        Principal,
        name=st.just("somebody"),
        scopes=st.just(EVERY_SCOPE) | st.frozensets(st.sampled_from(Scope)).map(lambda some: some | {Scope.CALLS_READ}),
        customers=st.none() | st.frozensets(st.sampled_from([f"id:{name}" for name in CUSTOMERS]), max_size=2),
        assistants=st.none() | st.frozensets(st.sampled_from(ASSISTANTS)),
        trusts_servers_only=st.booleans(),
    )


def is_for(principal: Principal, call: Document) -> bool:
    """Whether a call is for somebody: what narrowing must come to, read off the document itself."""
    stated = call["assistantOverrides"]["metadata"].get("customerId")
    is_theirs = principal.customers is None or (
        f"id:{stated}" in principal.customers
        and (not principal.trusts_servers_only or call["type"] == "outboundPhoneCall")
    )
    return is_theirs and (principal.assistants is None or call["assistantId"] in principal.assistants)


@dataclasses.dataclass(frozen=True)
class World:
    """A gateway whose mirror holds these calls, and what it asked upstream for."""

    parts: app.Gateway
    schema: Any
    held: Sequence[Document]
    asked: list[str]

    async def answer(self, principal: Principal, query: str) -> Mapping[str, Any]:
        """All that somebody is told; of a ``recording:``, where it is."""
        kind, _, wanted = query.partition(":")
        if kind == "recording":
            return await self._recording(principal, wanted)
        context = Context(
            request_id="r",
            principal=principal,
            services=self.parts.services,
            allowance=Allowance(None),
            now=NOW,
        )
        result: ExecutionResult = await self.schema.execute(query, context_value=context)
        errors = [(error.message, error.path, error.extensions) for error in result.errors or ()]
        return {"data": result.data, "errors": errors, "extensions": result.extensions}

    async def _recording(self, principal: Principal, wanted: str) -> Mapping[str, Any]:
        """What the door to recordings (`gateway.web.recordings`) has to go by."""
        try:
            found = await self.parts.services.calls.presigned(principal, Allowance(None), wanted)
        except Forbidden as error:
            return {"data": None, "errors": [(str(error), None, {"code": error.code})], "extensions": None}
        return {"data": found, "errors": [], "extensions": None}


@contextlib.asynccontextmanager
async def world(held: Sequence[Document]) -> AsyncIterator[World]:
    """A gateway over an upstream with these calls, all of them mirrored."""
    by_id, asked = {call["id"]: call for call in held}, list[str]()

    def vapi(request: httpx.Request) -> httpx.Response:
        wanted = request.url.path.removeprefix("/call").removeprefix("/")
        if wanted or not request.url.path.startswith("/call"):
            asked.append(request.url.path)
            found = by_id.get(wanted)
            return httpx.Response(404, json={}) if found is None else httpx.Response(200, json=_whole(found))
        low, high = request.url.params.get("createdAtGe", ""), request.url.params.get("createdAtLe", "9")
        rows = [call for call in held if low <= call["createdAt"] <= high]
        return httpx.Response(200, json=sorted(rows, key=lambda row: row["createdAt"], reverse=True))

    with tempfile.TemporaryDirectory() as folder:
        settings = quick_settings(data_dir=folder, sync=False)
        built = app.gateway(settings, clock=lambda: NOW, transport=httpx.MockTransport(vapi))
        async with built.opened():
            await built.keeper.backfilling.step()
            asked.clear()
            yield World(built, SCHEMA, held, asked)


def _whole(call: Document) -> Document:
    """A call as it is answered by itself: with addresses that open its recording."""
    signed = f"https://storage.invalid/{call['id']}?X-Amz-Signature=0"
    return {**call, "artifact": {**call["artifact"], "presignedMonoUrl": signed}}


SCHEMA: Final = app.schema_of(app.catalog_of(quick_settings()))

_CALL: Final = """
    id createdAt cost assistantId
    customer { key keyTrust customerId name email provenance { attribute path } profile { ...Customer } }
    artifact { transcript recordingUrl presignedMonoUrl } document freshness { fetchedAt state source }
"""
_FRAGMENT: Final = """
    fragment Customer on Customer {
      id key customerId name email firstSeenAt lastCallAt callCount totalCost totalDurationSeconds
    }
"""
_FIGURES: Final = ("CALL_COUNT", "TOTAL_COST", "LAST_CALL_AT", "KEY", "NAME")
_FILTERS: Final = (
    "{}",
    '{ search: "refund" }',
    '{ search: "order", not: { cost: { isNull: true } } }',
    "{ cost: { gt: 0.2 } }",
    '{ customer: { name: { eq: "Ann" } } }',
    '{ customer: { key: { eq: "id:bob" } } }',
    '{ or: [{ assistantId: { eq: "a1" } }, { customer: { email: { contains: "cy" } } }] }',
    '{ createdAt: { gte: "-P1D" } }',
)
_CUSTOMER_FILTERS: Final = (
    "{}",
    "{ callCount: { gt: 1 } }",
    "{ totalCost: { lt: 0.5 } }",
    '{ name: { eq: "Bob" } }',
    '{ email: { contains: "ann" } }',
)


def queries() -> st.SearchStrategy[str]:
    """A query through any of the doors of the schema."""
    number, key = st.integers(0, 13).map(call_id), st.sampled_from([f"id:{name}" for name in CUSTOMERS])
    page, direction = st.integers(1, 4), st.sampled_from(["ASC", "DESC"])
    order = st.sampled_from(["CREATED_AT", "COST", "CUSTOMER_NAME", "CUSTOMER_KEY"])
    return st.one_of(
        st.builds(lambda i: f'{{ call(id: "{i}") {{ {_CALL} }} }}', number),
        st.builds(lambda i: f"recording:{i}", number),
        st.builds(lambda i: f'{{ node(id: "{i}") {{ ... on Call {{ {_CALL} }} }} }}', number),
        st.builds(
            lambda i, k: f'{{ nodes(ids: ["{i}", "customer:{k}"]) {{ ... on Call {{ {_CALL} }} ...Customer }} }}',
            number,
            key,
        ),
        st.builds(lambda k: f'{{ customer(key: "{k}") {{ ...Customer calls {{ totalCount nodes {{ id }} }} }} }}', key),
        st.builds(
            lambda w, o, d, n: (
                f"{{ calls(where: {w}, orderBy: [{{ attribute: {o}, direction: {d} }}], first: {n}) {{ totalCount "
                f"edges {{ cursor highlights {{ text }} node {{ {_CALL} }} }} "
                f"pageInfo {{ hasNextPage endCursor }} }} }}"
            ),
            st.sampled_from(_FILTERS),
            order,
            direction,
            page,
        ),
        st.builds(
            lambda w, o, d, n: (
                f"{{ customers(where: {w}, orderBy: [{{ attribute: {o}, direction: {d} }}], last: {n}) {{ totalCount "
                f"edges {{ cursor node {{ ...Customer calls(first: 2) {{ totalCount nodes {{ id }} }} }} }} "
                f"pageInfo {{ hasPreviousPage startCursor }} }} }}"
            ),
            st.sampled_from(_CUSTOMER_FILTERS),
            st.sampled_from(_FIGURES),
            direction,
            page,
        ),
        st.builds(
            lambda w, a: (
                f"{{ callStats(where: {w}, groupBy: [{{ attribute: {a} }}, {{ time: CREATED_AT, fill: true }}]) "
                f"{{ groups {{ keys {{ name value start end }} count countDistinct(of: CUSTOMER_KEY) sum(of: COST) }} "
                f"hasMore }} }}"
            ),
            st.sampled_from(_FILTERS),
            st.sampled_from(["ASSISTANT_ID", "CUSTOMER_KEY", "CUSTOMER_NAME", "STATUS"]),
        ),
        st.just(
            "{ mirror { coverage { from to complete } asOf lagSeconds lastPoll lastWebhook backfill { rows rate done } "
            "audit { checked missed stale missing } } }"
        ),
    ).map(lambda query: f"{query}{_FRAGMENT}" if "...Customer" in query else query)
