"""Narrowing: which calls there are for a principal; all others do not exist, in no answer and no number."""

from __future__ import annotations

from gateway.domain.call import Call
from gateway.domain.enums import Trust
from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, Predicate, holds
from gateway.domain.principal import Principal


def visible(principal: Principal) -> Predicate:
    """What holds for the calls that a principal may see; `EVERYTHING` for one who is bound to nothing."""
    conditions: list[Predicate] = []
    if principal.customers is not None:
        conditions.append(Condition("customer_key", Comparator.IN, tuple(sorted(principal.customers))))
        if principal.trusts_servers_only:
            conditions.append(Condition("customer_key_trust", Comparator.EQ, Trust.SERVER.value))
    if principal.assistants is not None:
        conditions.append(Condition("assistant_id", Comparator.IN, tuple(sorted(principal.assistants))))
    return AllOf(tuple(conditions)) if conditions else EVERYTHING


def narrowed(principal: Principal, predicate: Predicate) -> Predicate:
    """A filter of calls, for the calls alone that a principal may see."""
    return AllOf((visible(principal), predicate)) if principal.is_bound else predicate


def may_see(principal: Principal, call: Call) -> bool:
    """Whether a call is there for a principal: the same as `visible`, of a record."""
    if not principal.is_bound:
        return True
    stated = {
        "customer_key": call.customer.key,
        "customer_key_trust": call.customer.key_trust,
        "assistant_id": call.assistant_id,
    }
    return holds(visible(principal), stated)
