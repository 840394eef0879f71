"""The test is worth something: its questions are mostly valid, they reach far, and a gateway that errs is found out."""

from __future__ import annotations

import functools
import random
import re
from typing import Final

import pytest
from graphql import GraphQLError, GraphQLObjectType, parse, validate
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.lane import records
from tests.lane.documents import Documents
from tests.lane.episodes import SCHEMA, Figures, compared, episode
from tests.lane.minimise import minimised
from tests.lane.questions import Answer, Question, difference

_DOCUMENTS: Final = 200
_TOLD: Final = (b'"freshness"', b'"freshnesS"')


@functools.cache
def _documents() -> list[str]:
    made = Documents(SCHEMA, [records.call_id(number) for number in range(9)])
    return [made.document(random.Random(seed)).text for seed in range(_DOCUMENTS)]


def _is_valid(text: str) -> bool:
    try:
        return not validate(SCHEMA, parse(text))
    except GraphQLError:
        return False


def test_documents_are_mostly_valid() -> None:
    """Most of what is asked must be executed; what is refused is refused before any lane is taken."""
    assert sum(map(_is_valid, _documents())) >= 0.85 * _DOCUMENTS


def test_documents_reach_everything_that_matters() -> None:
    """Every form that a selection can have comes up many times, and so does every field of a call."""
    text = "\n".join(_documents())
    forms = ("@include", "@skip", "... on", "... {", "...F", "__typename", "$v", "$after", "maxAge", "__schema")
    assert {form for form in forms if text.count(form) < 5} == set()
    call = SCHEMA.type_map["Call"]
    assert isinstance(call, GraphQLObjectType)
    assert set(call.fields) <= set(re.findall(r"\w+", text))


def test_an_episode_is_the_same_for_the_same_seed() -> None:
    """What a failure names can be seen again."""
    assert episode(7, questions=30) == episode(7, questions=30)
    assert episode(7, questions=30) != episode(8, questions=30)


@pytest.mark.parametrize(
    ("compiled", "is_alike"),
    [
        (b'{"data":null,"errors":[{"path":["b"]},{"path":["a"]}]}', True),
        (b'{"data":null,"errors":[{"path":["a"]},{"path":["b"]}]}', True),
        (b'{"data":null,"errors":[{"path":["a"]},{"path":["c"]}]}', False),
        (b'{"data":1234,"errors":[{"path":["a"]},{"path":["b"]}]}', False),
        (b'{"errors":[{"path":["a"]},{"path":["b"]}],"data":null}', False),
    ],
)
def test_of_several_errors_the_order_does_not_count_and_nothing_else_is_let_pass(
    *, compiled: bytes, is_alike: bool
) -> None:
    """Fields that are resolved side by side fail in any order; all that they say must be the same."""
    plain = Answer(200, (), b'{"data":null,"errors":[{"path":["a"]},{"path":["b"]}]}')
    assert (difference(plain, Answer(200, (), compiled)) is None) is is_alike


def _mistaken(application: ASGIApp) -> ASGIApp:
    """A gateway that gets a byte of some answers wrong."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            body = message.get("body", b"")
            await send({**message, "body": body.replace(*_TOLD)} if body else message)

        await application(scope, receive, sent)

    return answer


@pytest.mark.anyio
async def test_a_gateway_that_errs_is_found_out_and_shown_in_few_words() -> None:
    """Of an episode with one wrong byte in some answers, one question with little in it is left."""
    play = functools.partial(compared, figures=Figures(), wrap=_mistaken)
    found = await play(episode(1, questions=60))
    assert found is not None
    small = await minimised(found, play, seconds=4)
    *before, last = small.episode.steps
    assert isinstance(last, Question)
    assert not before
    assert "freshness" in last.document
    assert "freshnesS" in small.told
