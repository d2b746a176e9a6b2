# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Cycles among arbitrary orders, against the definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svmcheck.checker.lockorder.cycles import cycles
from svmcheck.model.ir.program import Frame
from svmcheck.model.lock_graph import Order, Path

HERE = (Frame("test.py", 1, 1, 1, 2, "f"),)


def order(before: str, after: str, shared: bool = False, recursive: bool = False) -> Order:
    return Order(before, after, shared, recursive, recursive, False, (Path("f", HERE, HERE, frozenset()),))


def follows(one: Order, other: Order) -> bool:
    return one.after == other.before and not (one.recursive and other.shared)


LOCKS = st.sampled_from("abcd")
ORDERS = st.lists(st.builds(order, LOCKS, LOCKS, st.booleans(), st.booleans()), max_size=8)


def on_a_cycle(orders: list[Order]) -> set[Order]:
    """Those from which a way leads back: by the transitive closure."""
    reach = {o: {p for p in orders if follows(o, p)} for o in orders}
    for _ in orders:
        reach = {o: found | {q for p in found for q in reach[p]} for o, found in reach.items()}
    return {o for o in orders if o in reach[o]}


@given(ORDERS)
def test_there_is_a_cycle_where_the_definition_has_one(orders: list[Order]) -> None:
    assert bool(cycles(orders)) == bool(on_a_cycle(orders))


@given(ORDERS)
def test_every_cycle_is_one(orders: list[Order]) -> None:
    for cycle in cycles(orders):
        following = (*cycle.orders[1:], cycle.orders[0])
        assert all(follows(one, other) for one, other in zip(cycle.orders, following, strict=True))


@given(ORDERS)
def test_every_lock_of_a_cycle_is_shown_in_one(orders: list[Order]) -> None:
    shown = {name for cycle in cycles(orders) for name in cycle.locks}
    assert {o.before for o in on_a_cycle(orders)} == shown


@given(ORDERS)
def test_short_cycles_come_first(orders: list[Order]) -> None:
    lengths = [len(cycle.orders) for cycle in cycles(orders)]
    assert lengths == sorted(lengths)


def test_no_cycle_is_shown_twice() -> None:
    orders = [order("a", "b"), order("b", "a"), order("a", "b", shared=True)]
    assert [cycle.text for cycle in cycles(orders)] == ["a -> b -> a"]


def test_the_shortest_way_round_is_shown() -> None:
    orders = [order("a", "b"), order("b", "c"), order("c", "a"), order("b", "a")]
    assert [cycle.text for cycle in cycles(orders)] == ["a -> b -> a", "a -> b -> c -> a"]
