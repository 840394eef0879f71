"""What a principal may not see leaves no trace in anything that they are told."""

from __future__ import annotations

import asyncio
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.principal import Principal
from tests.e2e.worlds import SCHEMA, Document, calls, is_for, principals, queries, world


@given(held=calls(), principal=principals(), asked=st.lists(queries(), min_size=1, max_size=8))
@settings(max_examples=settings().max_examples // 4)  # two gateways are opened for each
def test_a_world_with_calls_of_others_cannot_be_told_from_one_without(
    held: list[Document], principal: Principal, asked: list[str]
) -> None:
    asyncio.run(_cannot_be_told_apart(held, principal, asked))


async def _cannot_be_told_apart(held: list[Document], principal: Principal, asked: list[str]) -> None:
    visible = [call for call in held if is_for(principal, call)]
    hidden = {call["id"] for call in held} - {call["id"] for call in visible}
    async with world(held) as whole, world(visible) as part:
        for query in asked:
            told = await whole.answer(principal, query)
            assert told == await part.answer(principal, query), query
            assert {error["code"] for _, _, error in told["errors"]} <= {"FORBIDDEN"}, query
    assert not hidden & {path.rpartition("/")[2] for path in whole.asked}


def test_every_door_of_the_schema_is_tried() -> None:
    query = SCHEMA._schema.query_type
    assert query is not None
    fields = set(query.fields)
    tried = set[str]()

    @given(queries())
    @settings(max_examples=300)
    def draw(query: str) -> None:
        tried.update(re.findall(r"^\{ (\w+)|^(recording)", query)[0])

    draw()
    assert tried - {""} == fields | {"recording"}
