"""Recalling: calls for whoever makes records of them, without the columns that their documents say better."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.ports import Batch
from gateway.store.calls import SqlCalls
from gateway.store.opening import opened
from tests.contracts.calls import CATALOG, absence, call_id, document, project, snapshot

pytestmark = pytest.mark.anyio


async def test_a_recalled_call_is_the_one_that_is_read(database_url: str) -> None:
    """But for its columns; where there is no document, they are all that there is."""
    database = await opened(database_url, CATALOG)
    try:
        calls = SqlCalls(database, CATALOG, project)
        learned = (snapshot(document(1), 10), snapshot(document(2), 10), absence(2, noticed=11))
        await calls.apply(Batch(observations=learned))
        ids = [call_id(1), call_id(2), call_id(3)]
        whole, recalled = await calls.read(ids), await calls.recall(ids)
        assert recalled.keys() == whole.keys() == {call_id(1), call_id(2)}
        for each in ids[:2]:
            assert dataclasses.replace(recalled[each], values={}) == dataclasses.replace(whole[each], values={})
        assert whole[call_id(2)].document is None
        assert recalled[call_id(2)].values == whole[call_id(2)].values
        assert len(recalled[call_id(1)].values) < len(whole[call_id(1)].values) / 2
    finally:
        await database.close()
