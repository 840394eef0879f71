"""Filters and orders: what a caller states in GraphQL, and what the mirror is asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from gateway import app
from gateway.domain.allowance import Allowance
from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate, Search
from gateway.domain.ordering import NEWEST_FIRST, Direction, Nulls, Order
from gateway.domain.principal import ANONYMOUS, Principal
from gateway.graph.context import Context, Services
from gateway.services.calls import CallPage
from gateway.services.lists import ListRequest
from tests.graph.asking import NOW, settings

pytestmark = pytest.mark.anyio

SIX = ("COST", "STATUS", "TYPE", "STARTED_AT", "ENDED_AT", "CREATED_AT")
SCHEMA = app.schema_of(app.catalog_of(settings()))


class Asked:
    """What a list was asked for: it answers with an empty page."""

    def __init__(self) -> None:
        self.requests: list[ListRequest] = []

    async def page(self, principal: Principal, request: ListRequest) -> CallPage:
        self.requests.append(request)
        return CallPage(
            answers=(),
            places=(),
            now=NOW,
            stated=request.stated,
            predicate=request.predicate(NOW),
            has_next=False,
            has_previous=False,
        )

    async def uncovered(self, principal: Principal, request: ListRequest) -> None:
        return None

    async def count(self, principal: Principal, request: ListRequest) -> int:
        return 7


async def executed(query: str, **variables: Any) -> tuple[Asked, Any]:
    """The lists that were asked for, and the result."""
    asked = Asked()
    services = Services(calls=asked, customers=asked, relations=None, mirror=None, stats=None)  # type: ignore[arg-type]  # plays both lists
    context = Context(request_id="r", principal=ANONYMOUS, allowance=Allowance(None), services=services, now=NOW)
    return asked, await SCHEMA.execute(query, variable_values=variables, context_value=context)


async def request(arguments: str, of: str = "calls", **variables: Any) -> ListRequest:
    """What one list is asked for with these arguments."""
    asked, result = await executed(f"{{ {of}({arguments}) {{ nodes {{ id }} }} }}", **variables)
    assert result.errors is None, result.errors
    return asked.requests[0]


async def predicate(where: str, of: str = "calls") -> Predicate:
    """What a filter amounts to."""
    return (await request(f"where: {where}", of)).predicate(NOW)


async def refusal(arguments: str) -> dict[str, Any]:
    """The extensions of the one error that a list ends with."""
    _, result = await executed(f"{{ calls({arguments}) {{ nodes {{ id }} }} }}")
    (error,) = result.errors
    return dict(error.extensions)


async def test_without_a_filter_every_call_is_meant_newest_first() -> None:
    found = await request("first: 1")
    assert (found.predicate(NOW), found.ordering) == (AllOf(), NEWEST_FIRST)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('{assistantId: {eq: "a"}}', Condition("assistant_id", Comparator.EQ, "a")),
        ('{assistantId: {neq: "a"}}', Condition("assistant_id", Comparator.NEQ, "a")),
        ('{assistantId: {in: ["a", "b"]}}', Condition("assistant_id", Comparator.IN, ("a", "b"))),
        ("{assistantId: {nin: []}}", Condition("assistant_id", Comparator.NIN, ())),
        ("{cost: {gt: 0.5}}", Condition("cost", Comparator.GT, 0.5)),
        ("{durationSeconds: {lte: 60}}", Condition("duration_seconds", Comparator.LTE, 60.0)),
        ("{endedAt: {isNull: true}}", Condition("ended_at", Comparator.IS_NULL, value=True)),
        ('{customer: {name: {startsWith: "A"}}}', Condition("customer_name", Comparator.STARTS_WITH, "A")),
        ('{customer: {email: {contains: "@"}}}', Condition("customer_email", Comparator.CONTAINS, "@")),
        ("{booked: {eq: true}}", Condition("booked", Comparator.EQ, value=True)),
        (
            "{artifact: {performanceMetrics: {numUserInterrupted: {gte: 2}}}}",
            Condition("artifact_performance_metrics_num_user_interrupted", Comparator.GTE, 2),
        ),
    ],
)
async def test_an_attribute_is_compared_where_the_record_has_it(where: str, expected: Predicate) -> None:
    assert await predicate(where) == expected


async def test_a_closed_set_is_compared_by_the_texts_of_vapi() -> None:
    assert await predicate("{status: {eq: IN_PROGRESS}}") == Condition("status", Comparator.IN, ("in-progress",))


async def test_unknown_is_every_text_that_the_set_does_not_have() -> None:
    found = await predicate("{customer: {plan: {eq: UNKNOWN}}}")
    stated = Condition("customer_plan", Comparator.IS_NULL, value=False)
    others = Condition("customer_plan", Comparator.NIN, ("free", "pro", "enterprise"))
    assert found == AnyOf((Condition("customer_plan", Comparator.IN, ()), AllOf((stated, others))))


async def test_none_of_a_set_leaves_what_has_no_value() -> None:
    found = await predicate("{status: {nin: [ENDED]}}")
    assert found == Not(Condition("status", Comparator.IN, ("ended",)))


async def test_a_duration_counts_from_now() -> None:
    found = await predicate('{createdAt: {gte: "-P7D", lt: "2026-08-20T00:00:00Z"}}')
    since = Condition("created_at", Comparator.GTE, NOW - dt.timedelta(days=7))
    assert found == AllOf((Condition("created_at", Comparator.LT, dt.datetime(2026, 8, 20, tzinfo=dt.UTC)), since)) or (
        found == AllOf((since, Condition("created_at", Comparator.LT, dt.datetime(2026, 8, 20, tzinfo=dt.UTC))))
    )


async def test_filters_combine() -> None:
    found = await predicate(
        '{or: [{name: {eq: "a"}}, {not: {cost: {gt: 1}}}], and: [{id: {eq: "x"}}], type: {eq: WEB_CALL}}'
    )
    either = AnyOf((Condition("name", Comparator.EQ, "a"), Not(Condition("cost", Comparator.GT, 1.0))))
    web = Condition("type", Comparator.IN, ("webCall",))
    assert found == AllOf((web, AllOf((Condition("id", Comparator.EQ, "x"),)), either))


async def test_search_asks_for_all_words_folded() -> None:
    assert await predicate('{search: "Book a TABLE, table!"}') == Search(("a", "book", "table"))


async def test_nulls_state_nothing() -> None:
    assert await predicate("{assistantId: null, cost: {gt: null}, and: null, search: null}") == AllOf()


async def test_a_filter_of_customers_knows_their_figures() -> None:
    found = await predicate("{callCount: {gte: 2}, plan: {eq: PRO}}", "customers")
    plan = Condition("customer_plan", Comparator.IN, ("pro",))
    assert found == AllOf((Condition("customer_call_count", Comparator.GTE, 2), plan)) or found == AllOf(
        (plan, Condition("customer_call_count", Comparator.GTE, 2))
    )


async def test_an_order_states_its_direction_and_where_nulls_stand() -> None:
    found = await request("orderBy: [{attribute: COST, direction: DESC, nulls: FIRST}, {attribute: CUSTOMER_PLAN}]")
    assert found.ordering == (Order("cost", Direction.DESC, Nulls.FIRST), Order("customer_plan"))


async def test_customers_are_ordered_by_who_called_last_if_nothing_else_is_said() -> None:
    assert (await request("first: 1", "customers")).ordering == (Order("customer_last_call_at", Direction.DESC),)


async def test_one_list_differs_from_another_by_filter_and_order() -> None:
    stated = [
        (await request(arguments)).stated
        for arguments in (
            "first: 1",
            "orderBy: [{attribute: COST}]",
            "orderBy: [{attribute: COST, direction: DESC}]",
            "where: {cost: {gt: 1}}",
            "where: {not: {cost: {gt: 1}}}",
            "where: {status: {eq: ENDED}}",
            "where: {status: {eq: QUEUED}}",
        )
    ]
    assert len(set(stated)) == len(stated)
    assert (await request("first: 2, where: {}")).stated == stated[0]


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ('where: {createdAt: {gte: "yesterday"}}', "where.createdAt.gte"),
        ('where: {createdAt: {gte: "-P7X"}}', "where.createdAt.gte"),
        (f'where: {{name: {{eq: "{"x" * 257}"}}}}', "where.name.eq"),
        ('where: {search: "…!?"}', "where.search"),
        (f"where: {'{not: ' * 9}{{}}{'}' * 9}", f"where{'.not' * 9}"),
        (f"where: {{id: {{in: [{','.join(['1'] * 1001)}]}}}}", "where.id.in"),
        (f"where: {{or: [{'{cost: {gt: 1}},' * 150}]}}", "where.or"),
        ("orderBy: [{attribute: COST}, {attribute: COST}]", "orderBy"),
        (f"orderBy: [{' '.join(f'{{attribute: {name}}}' for name in SIX)}]", "orderBy"),
    ],
)
async def test_what_cannot_be_used_is_named(arguments: str, argument: str) -> None:
    found = await refusal(arguments)
    assert found["code"] == "BAD_USER_INPUT"
    assert found["argument"].startswith(argument)


async def test_half_a_character_is_refused() -> None:
    query = "query ($name: String) { calls(where: {name: {eq: $name}}) { nodes { id } } }"
    _, result = await executed(query, name="\ud800")
    assert result.errors[0].extensions["argument"] == "where.name.eq"


@pytest.mark.parametrize(
    "where", ["{document: {isNull: true}}", "{artifact: {transcript: {contains: 1}}}", "{nobody: {}}"]
)
async def test_an_attribute_that_cannot_be_filtered_is_not_in_the_schema(where: str) -> None:
    _, result = await executed(f"{{ calls(where: {where}) {{ nodes {{ id }} }} }}")
    assert result.errors[0].extensions["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_the_total_alone_reads_no_page() -> None:
    asked, result = await executed("{ calls(first: 5) { __typename totalCount } customers { totalCount } }")
    assert asked.requests == []
    assert result.data == {"calls": {"__typename": "CallConnection", "totalCount": 7}, "customers": {"totalCount": 7}}


async def test_nothing_is_counted_unless_the_total_is_selected() -> None:
    asked, result = await executed(
        "{ calls(first: 5) { pageInfo { hasNextPage } ...F } } fragment F on CallConnection { totalCount }"
    )
    assert len(asked.requests) == 1
    assert result.data["calls"]["totalCount"] == 7
