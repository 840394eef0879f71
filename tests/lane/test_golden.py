"""The golden queries get the same answers from a plain and a compiled gateway, cold and warm, by POST and GET."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx
import pytest

from tests.graph import asking
from tests.graph.test_golden import QUERIES, read, upstream
from tests.lane.questions import GRAPHQL, Answer, Question, difference

_ROUNDS: Final = 3
_FORMS: Final = (("POST", None), ("POST", GRAPHQL), ("GET", None))


def _questions() -> list[Question]:
    """All of them, each by either method, for clients of old and of today."""
    return [
        Question(document=read(path), method=method, accept=accept) for path in QUERIES for method, accept in _FORMS
    ]


async def _answers(*, compiled: bool) -> list[Answer]:
    """The answers of one gateway, first while nothing is kept, then with all that came before."""
    asked: list[str] = []

    def counted(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        response = upstream(request)
        response.headers.pop("retry-after", None)  # for which a gateway would wait
        return response

    async with asking.gateway(counted, compiled=compiled) as client:
        return [await _answer(client, question, asked) for _ in range(_ROUNDS) for question in _questions()]


async def _answer(client: httpx.AsyncClient, question: Question, asked: list[str]) -> Answer:
    asked.clear()
    response = await client.send(question.request(client, None))
    return Answer.of(response, sorted(asked))


@pytest.fixture(scope="module")
def answers() -> tuple[list[Answer], list[Answer]]:
    """What both gateways answered, in the order of the questions."""
    return asyncio.run(_answers(compiled=False)), asyncio.run(_answers(compiled=True))


def test_golden_queries_are_answered_alike(answers: tuple[list[Answer], list[Answer]]) -> None:
    """Every golden query gets the same status, headers, body and requests to upstream, the first time and later."""
    differences = [
        f"{question}\n  {told}"
        for question, plain, compiled in zip(_questions() * _ROUNDS, *answers, strict=True)
        if (told := difference(plain, compiled)) is not None
    ]
    assert not differences, "\n".join(differences[:3])
