"""The scenarios by name: what each asks for, and what it takes for an answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.graphql import queries
from benchmarks.graphql.queries import Answer, WrongAnswer
from benchmarks.graphql.scenarios import Scenario, constant, varying
from benchmarks.graphql.servers import Server


def single(servers: Mapping[str, Server], call: Answer) -> Scenario:
    """One call again and again."""
    expected = {"call": queries.lasting(call)}

    def check(_: Answer, answer: Answer) -> None:
        _equal(queries.told(answer), expected)

    contents = constant(queries.CALL, {"id": call["id"]})
    return Scenario(name="single", title="a call", servers=servers, contents=contents, check=check)


def page(servers: Mapping[str, Server], ids: Sequence[str]) -> Scenario:
    """The newest calls again and again, whose ids are these."""

    def check(_: Answer, answer: Answer) -> None:
        _equal([node["id"] for node in answer["calls"]["nodes"]], ids)

    title, contents = f"a page of {len(ids)} calls", constant(queries.PAGE, {"first": len(ids)})
    return Scenario(name="page", title=title, servers=servers, contents=contents, check=check)


def customer(servers: Mapping[str, Server], keys: Iterator[str], count: int) -> Scenario:
    """The newest calls of one customer after the other, out of so many calls."""
    title, contents = f"a customer's page, of {count:,} calls", varying(queries.OF_CUSTOMER, "key", keys)
    return Scenario(name="customer", title=title, servers=servers, contents=contents, check=_is_of_customer)


def returning(servers: Mapping[str, Server], keys: Sequence[str]) -> Scenario:
    """The same for customers whose calls are in memory: more of them than there are lists that are kept."""
    title = f"the same, {len(keys):,} customers again"
    contents = varying(queries.OF_CUSTOMER, "key", itertools.cycle(keys))
    return Scenario(name="returning", title=title, servers=servers, contents=contents, check=_is_of_customer)


def cold(servers: Mapping[str, Server], ids: Iterator[str]) -> Scenario:
    """Calls that nobody has asked for before, each once."""

    def check(variables: Answer, answer: Answer) -> None:
        _equal(answer["call"]["id"], variables["id"])
        _equal(answer["call"]["freshness"]["source"], "UPSTREAM")

    title, contents = "a call that only Vapi has", varying(queries.CALL, "id", ids)
    return Scenario(name="cold", title=title, servers=servers, contents=contents, check=check)


def typical(calls: Sequence[Answer]) -> Answer:
    """A call with as much about it as any, and not among those that change."""

    def known(call: Answer) -> int:
        values = [*call.values(), *call["customer"].values()]
        return sum(value is not None for value in values)

    return max(calls[queries.PAGE_SIZE :], key=known)


def _is_of_customer(variables: Answer, answer: Answer) -> None:
    _equal({node["customer"]["key"] for node in answer["calls"]["nodes"]}, {variables["key"]})


def _equal(found: object, expected: object) -> None:
    if found != expected:
        raise WrongAnswer(f"{str(found)[:300]} is not {str(expected)[:300]}")
