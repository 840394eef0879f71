"""Which calls there are for a principal."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.call import Call
from gateway.domain.customer import CallCustomer
from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, holds
from gateway.domain.narrowing import may_see, narrowed, visible
from gateway.domain.principal import ANONYMOUS, EVERY_SCOPE, Principal


def bound(**to: Any) -> Principal:
    """Somebody who may do everything with the calls that there are for them."""
    return Principal(name="bound", scopes=EVERY_SCOPE, **to)


def call(key: str = "id:ann", *, trust: str | None = "client", assistant: str | None = None) -> Call:
    """A call of this customer."""
    return Call(id="1", assistant_id=assistant, customer=CallCustomer(key=key, key_trust=trust))


def test_who_is_bound_to_nothing_sees_every_call() -> None:
    assert visible(ANONYMOUS) == EVERYTHING
    assert narrowed(ANONYMOUS, EVERYTHING) is EVERYTHING
    assert may_see(ANONYMOUS, call())


def test_who_is_bound_to_customers_sees_theirs_whoever_said_so() -> None:
    ann = bound(customers=frozenset({"id:ann"}))
    assert may_see(ann, call("id:ann", trust="client"))
    assert not may_see(ann, call("id:bob"))
    assert not may_see(ann, call("call:1", trust=None))


def test_who_trusts_servers_only_does_not_see_what_a_browser_claims() -> None:
    careful = bound(customers=frozenset({"id:ann"}), trusts_servers_only=True)
    assert may_see(careful, call("id:ann", trust="server"))
    assert not may_see(careful, call("id:ann", trust="client"))
    assert not may_see(careful, call("id:ann", trust=None))


def test_who_is_bound_to_assistants_sees_their_calls_alone() -> None:
    reception = bound(assistants=frozenset({"a1"}))
    assert may_see(reception, call(assistant="a1"))
    assert not may_see(reception, call(assistant="a2"))
    assert not may_see(reception, call(assistant=None))


def test_who_is_bound_to_both_sees_what_fits_both() -> None:
    both = bound(customers=frozenset({"id:ann"}), assistants=frozenset({"a1"}))
    assert may_see(both, call(assistant="a1"))
    assert not may_see(both, call(assistant="a2"))
    assert not may_see(both, call("id:bob", assistant="a1"))


def test_who_is_bound_to_nobody_sees_nothing() -> None:
    assert not may_see(bound(customers=frozenset()), call())
    assert not may_see(bound(assistants=frozenset()), call())


def test_a_filter_is_narrowed_and_never_widened() -> None:
    asked = Condition("status", Comparator.EQ, "ended")
    ann = bound(customers=frozenset({"id:ann"}))
    assert narrowed(ann, asked) == AllOf((visible(ann), asked))


SOMEBODY = st.builds(
    bound,
    customers=st.none() | st.frozensets(st.sampled_from(["id:ann", "id:bob"])),
    assistants=st.none() | st.frozensets(st.sampled_from(["a1", "a2"])),
    trusts_servers_only=st.booleans(),
)
SOMETHING = st.fixed_dictionaries(
    {
        "customer_key": st.sampled_from(["id:ann", "id:bob", "call:1"]),
        "customer_key_trust": st.sampled_from(["server", "client", None]),
        "assistant_id": st.sampled_from(["a1", "a2", None]),
    }
)


@given(SOMEBODY, SOMETHING)
def test_a_list_and_a_single_call_agree(somebody: Principal, row: dict[str, Any]) -> None:
    of = call(row["customer_key"], trust=row["customer_key_trust"], assistant=row["assistant_id"])
    assert may_see(somebody, of) == holds(visible(somebody), row)
