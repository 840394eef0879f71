"""What is measured is found wherever it is selected, by whatever arguments."""

from __future__ import annotations

import httpx
import pytest

from tests.graph.asking import ask

pytestmark = pytest.mark.anyio


async def test_arguments_of_measures_can_be_variables(client: httpx.AsyncClient) -> None:
    """Those of lists below filters, too, and what is left out because of them."""
    query = """query Asked(
      $of: CallNumber!, $where: CallFilter, $more: Boolean = false, $length: CallNumber = DURATION_SECONDS
    ) {
      callStats { groups { sum(of: $of) some: count(where: $where)
        avg(of: $length) max(of: $of) @include(if: $more) } }
    }"""
    answer = await ask(client, query, of="COST", where={"cost": {"gt": 0.2}})
    assert answer["data"]["callStats"]["groups"] == [{"sum": 0.3943, "some": 1, "avg": pytest.approx(310.1666667)}]
    more = await ask(client, query, of="COST", where=None, more=True, length="COST")
    assert more["data"]["callStats"]["groups"] == [
        {"sum": 0.3943, "some": 4, "avg": pytest.approx(0.19715), "max": 0.21}
    ]


async def test_one_group_is_asked_for_in_several_places(client: httpx.AsyncClient) -> None:
    query = """{ callStats { groups { count } ... on CallStats { groups { sum(of: COST) } } ...More } }
    fragment More on CallStats { groups { ... { least: min(of: COST) __typename } } }"""
    answer = await ask(client, query)
    assert answer["data"]["callStats"]["groups"] == [
        {"count": 4, "sum": 0.3943, "least": 0.1843, "__typename": "CallGroup"}
    ]
