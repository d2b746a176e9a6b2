# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Orders and cycles of small protocols, each of which is one way to get them right or wrong."""

from __future__ import annotations

import pytest

from svmcheck.checker.engine import Limits
from svmcheck.checker.lockorder.analyse import analyse
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties
from svmcheck.model.lock_graph import LockGraph, Order
from svmcheck.specs.catalogue.load import load_shipped
from svmcheck.specs.verdict import Verdict
from tests.checker.lockorder.worlds import shipped, world


def graph(name: str) -> LockGraph:
    return analyse(world(name))


def cycles(name: str) -> list[str]:
    return [cycle.text for cycle in graph(name).cycles]


def orders(given: LockGraph) -> set[tuple[str, str]]:
    return {(order.before, order.after) for order in given.orders}


def order(given: LockGraph, before: str, after: str) -> Order:
    (found,) = (o for o in given.orders if (o.before, o.after) == (before, after))
    return found


def test_two_locks_in_opposite_order() -> None:
    assert cycles("AbBa") == ["a -> b -> a"]


def test_a_path_tells_where_both_locks_are_taken_with_the_calls_that_lead_there() -> None:
    (path,) = order(graph("AbBa"), "a", "b").paths
    assert path.actor == "first"
    assert [f.function for f in path.held] == ["first", "Mutex.lock"]
    assert [f.function for f in path.taken] == ["first", "inner", "Mutex.lock"]


def test_three_locks_that_go_round_although_no_two_do() -> None:
    assert cycles("Three") == ["a -> b -> c -> a"]


def test_a_trylock_waits_for_nobody() -> None:
    assert orders(graph("TriesInside")) == {("a", "b")}
    assert cycles("TriesInside") == []


def test_a_lock_taken_by_trylock_is_held_all_the_same() -> None:
    assert cycles("TriesOutside") == ["a -> b -> a"]


def test_readers_wait_for_each_other_through_a_queued_writer() -> None:
    (cycle,) = graph("Readers").cycles
    assert cycle.text == "a -> b -> a"
    assert set(cycle.queued_writers) == {"a", "b"}


@pytest.mark.parametrize("name", ["Passing", "PassingReader"])
def test_readers_that_pass_writers_do_not(name: str) -> None:
    assert len(graph(name).orders) == 2
    assert cycles(name) == []


def test_a_writer_waits_for_readers_whatever_they_pass() -> None:
    (cycle,) = graph("PassingWriter").cycles
    assert cycle.text == "a -> b -> a"
    assert cycle.queued_writers == ()


def test_a_downgraded_lock_is_held_for_reading() -> None:
    assert order(graph("Downgraded"), "a", "b").shared


def test_waiting_for_a_work_item_under_a_lock_that_it_takes() -> None:
    given = graph("Flush")
    assert [c.text for c in given.cycles] == ["a -> work -> a"]
    assert order(given, "a", "work").waits
    assert [lock.name for lock in given.locks if lock.pseudo] == ["work"]


def test_the_cycle_of_two_work_items_a_lock_and_srcu() -> None:
    assert cycles("Deferred") == ["deferred -> srcu -> restore -> info_lock -> deferred"]


def test_locks_of_an_array_one_after_the_other() -> None:
    assert orders(graph("OneByOne")) == set()


def test_locks_of_an_array_inside_each_other_are_one_class() -> None:
    assert cycles("Together") == ["boxes.lock -> boxes.lock"]


def test_so_are_those_of_a_pool() -> None:
    assert cycles("Pooled") == ["pool.lock -> pool.lock"]


def test_a_declared_order_is_no_cycle() -> None:
    assert orders(graph("Declared")) == {("boxes[0].lock", "boxes[1].lock")}
    assert cycles("Declared") == []


def test_declarations_that_contradict_each_other_are() -> None:
    assert cycles("Contradicting") == ["boxes[0].lock -> boxes[1].lock -> boxes[0].lock"]


def test_locks_under_a_condition_on_a_local() -> None:
    assert orders(graph("Conditional")) == set()


def test_a_lock_whose_reference_is_null_where_it_is_not_held() -> None:
    assert orders(graph("MaybeLocked")) == set()


def test_a_lock_around_all_paths_is_told() -> None:
    (cycle,) = graph("Guarded").cycles
    assert cycle.text == "a -> b -> a"
    assert cycle.guards == {"gate"}


def test_one_actor_is_enough() -> None:
    (cycle,) = graph("Alone").cycles
    assert cycle.actors == ("both_ways",)


def test_one_lock_taken_twice_is_no_matter_of_order() -> None:
    assert orders(graph("Twice")) == {("b", "a")}


def test_entering_a_section_waits_for_nobody() -> None:
    assert orders(graph("Sections")) == {("srcu", "a")}


def test_waiting_inside_a_section_for_its_own_end() -> None:
    assert cycles("SyncInside") == ["srcu -> srcu"]


def test_a_fence_that_needs_the_lock_of_its_waiter() -> None:
    assert cycles("Signalling") == ["fence -> resv -> fence"]


def test_a_notifier_callback_that_needs_the_lock_of_a_reader() -> None:
    assert cycles("Bracket") == ["driver -> sub -> driver"]


def test_locks_of_a_family_have_no_order_among_themselves() -> None:
    given = graph("AnyOrderFamily")
    assert orders(given) == {("m", "ww")}
    assert given.cycles == ()
    assert [lock.name for lock in given.locks if lock.family] == ["ww"]


def test_against_other_locks_a_family_is_one_class() -> None:
    """Nobody takes both orders of two locks, and yet three actors deadlock: the one that holds two is the oldest."""
    assert cycles("AroundFamily") == ["m -> ww -> m"]
    program = world("AroundFamily")
    found = ReferenceEngine().decide(program, properties(program), Limits(), lambda tick: None)
    assert {r.property: r.verdict for r in found.results}["no-deadlock"] is Verdict.VIOLATED


def test_a_lock_of_a_family_that_is_taken_outside_of_it() -> None:
    assert cycles("OutsideFamily") == ["ww -> ww"]


def test_or_held_outside_of_it_by_somebody_who_waits_for_another() -> None:
    (order,) = graph("TriesFamily").orders
    assert (order.before, order.after) == ("ww", "ww")
    assert {path.actor for path in order.paths} == {"holds_one_plainly"}


def test_without_a_context_they_are_locks_like_others() -> None:
    assert cycles("NoFamily") == ["a -> b -> a"]


def test_code_that_is_never_reached_makes_no_order() -> None:
    program = world("Unreachable")
    assert [c.text for c in analyse(program).cycles] == ["a -> b -> a"]
    there = next(p for p in program.processes if p.name == "never_there")
    inside = {("never_there", n) for n, e in enumerate(there.edges) if e.label == "k.odd: true"}
    assert len(inside) == 1
    assert orders(analyse(program, inside)) == {("a", "b")}


def _acquiring(program: Program, actor: str, lock: str) -> set[tuple[str, int]]:
    process = next(p for p in program.processes if p.name == actor)
    return {(actor, n) for n, e in enumerate(process.edges) if any(x.lock == lock and x.blocking for x in e.locks)}


def test_whoever_waits_in_vain_has_asked_all_the_same() -> None:
    program = world("Three")
    in_vain = _acquiring(program, "takes_ab", "b")
    assert ("a", "b") in orders(analyse(program, in_vain))


def test_but_goes_no_further() -> None:
    program = world("Guarded")
    in_vain = _acquiring(program, "gated_ab", "a") | _acquiring(program, "gated_ba", "b")
    assert orders(analyse(program, in_vain)) == {("gate", "a"), ("gate", "b")}


def _variants() -> list[tuple[str, dict[str, str], dict[str, int]]]:
    target = load_shipped().target("cpu-fault")
    assert target is not None
    return [(v.name, dict(v.options), dict(v.sizes)) for v in target.variants]


@pytest.mark.parametrize(("name", "options", "sizes"), _variants(), ids=lambda p: p if isinstance(p, str) else "")
def test_cpu_fault_keeps_one_order_in_all_variants(name: str, options: dict[str, str], sizes: dict[str, int]) -> None:
    given = analyse(shipped("cpu_fault", options, sizes))
    assert given.cycles == ()
    assert ("pages.lock", "maps.ptl") in orders(given)
    assert not any(before == "maps.ptl" for before, _ in orders(given)), "nothing is waited for under the PTL"


def test_the_driver_lock_of_cpu_fault_is_outside_the_ptl() -> None:
    options, sizes = {"generation": "g2", "driver_lock": "true"}, {"mappings": 2, "migrators": 1}
    assert orders(analyse(shipped("cpu_fault", options, sizes))) == {
        ("pages.lock", "driver"),
        ("driver", "maps.ptl"),
        ("pages.lock", "maps.ptl"),
        ("pages.lock", "lru_drain"),
    }
