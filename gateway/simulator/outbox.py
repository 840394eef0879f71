"""What Vapi sends to a server URL between two moments, in the order of sending. Nothing is remembered for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import takewhile

from gateway.simulator import calls, life, messages, occasions
from gateway.simulator.moments import EPOCH, MILLISECOND
from gateway.simulator.occasions import Occasion
from gateway.simulator.plans import Plan
from gateway.simulator.webhooks import Webhooks
from gateway.simulator.world import World


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One POST: ``moment`` of sending in epoch milliseconds, and what is sent.

    A duplicate has the ``id`` and ``body`` of its original. Headers prove who sent it and stay out of the ``repr``.
    """

    moment: int
    id: str
    type: str
    call: str
    body: bytes = dataclasses.field(repr=False)
    headers: Mapping[str, str] = dataclasses.field(repr=False)

    @property
    def sent_at(self) -> datetime:
        """The moment of sending."""
        return EPOCH + self.moment * MILLISECOND


def sent(world: World, webhooks: Webhooks, since: int, until: int) -> Iterator[Message]:
    """The messages sent after ``since``, until ``until`` (included); their bodies are written as they are taken."""
    for moment, _, occasion in sorted(_due(world, webhooks, since, until), key=lambda due: due[:2]):
        body = messages.body(occasion, world.organisation)
        headers = webhooks.headers(body, moment, occasion.id)
        yield Message(moment, occasion.id, occasion.type, occasion.plan.id, body, headers)


def _due(world: World, webhooks: Webhooks, since: int, until: int) -> Iterator[tuple[int, int, Occasion]]:
    """(moment of sending, a number that breaks ties, occasion), in no order."""
    reach = webhooks.disorder.longest
    for occasion in _occasions(world, webhooks, since - reach, until):
        for moment in webhooks.disorder.arrivals(occasion.key, occasion.moment):
            if since < moment <= until:
                yield moment, occasion.key, occasion


def _occasions(world: World, webhooks: Webhooks, since: int, until: int) -> Iterator[Occasion]:
    """A superset of what was due; after its deletion a call sends nothing but the news of it."""
    oldest = since - life.LONGEST - occasions.LATEST
    for plan in takewhile(lambda plan: plan.life.created > oldest, world.newest(until)):
        silent = world.edits.silent_from(plan)
        yield from (occasion for occasion in _life(world, webhooks, plan) if occasion.moment < silent)
    for deletion in world.edits.deleted.values():
        if deletion.moment is not None:
            yield occasions.deletion(deletion.plan, deletion.moment)


def _life(world: World, webhooks: Webhooks, plan: Plan) -> Iterator[Occasion]:
    yield from occasions.life(plan, webhooks.late, webhooks.never)
    said = calls.said(plan, world.organisation) if webhooks.noisy else None
    if said is not None:
        yield from occasions.noise(plan, said)
