# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Mutexes taken in any order: nobody deadlocks or starves who backs off and keeps its ticket."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.checker.lockorder.analyse import analyse
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.diagnostics import ProtocolError
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Grade, Verdict
from tests.model.primitives.deciding import (
    Variant,
    engines_disagree,
    outcome,
    program,
    results,
    undecided,
    variant,
    violated,
)

PLAINLY = variant("ww_mutexes", "Plainly")
ONE_PLAINLY = variant("ww_mutexes", "OnePlainly")
AGES = variant("ww_mutexes", "Ages")


def two_orders(after_edeadlk: str, **settings: object) -> Variant:
    return variant("ww_mutexes", "TwoOrders", after_edeadlk=after_edeadlk, **settings)


@pytest.mark.parametrize("chosen", [two_orders("backs-off", again=True), two_orders("backs-off", forward=2)])
def test_with_back_off_everybody_gets_both(chosen: Variant) -> None:
    assert violated(chosen) == {}
    assert undecided(chosen) == set()
    assert results(chosen)["cover:back-off"].verdict is Verdict.HOLDS
    assert analyse(program(chosen)).cycles == ()


def test_that_depends_on_fair_hand_over() -> None:
    said = results(two_orders("backs-off", again=True))["a-then-b"].assumptions
    assert any("hand-over of a and hand-over of b is strongly fair" in text for text in said)


def test_plain_locks_in_opposite_order_deadlock() -> None:
    assert "no-deadlock" in violated(PLAINLY)
    assert [cycle.text for cycle in analyse(program(PLAINLY)).cycles] == ["a -> b -> a"]


def test_who_ignores_edeadlk_does_not_hold_the_mutex() -> None:
    assert "both-are-held" in violated(two_orders("ignores-it"))


@pytest.mark.parametrize(
    ("after_edeadlk", "message"),
    [
        ("keeps-the-other", "must give them back first"),
        ("tries-with-the-other", "must give them back first"),
        ("retries-from-the-start", "the mutex that was refused"),
    ],
)
def test_backing_off_is_giving_all_back_and_waiting_for_the_one(after_edeadlk: str, message: str) -> None:
    found = violated(two_orders(after_edeadlk))
    assert set(found) == {"no-lock-before-back-off"}
    assert message in found["no-lock-before-back-off"]


def test_a_new_ticket_each_time_may_starve() -> None:
    chosen = two_orders("draws-a-new-ticket", again=True)
    assert {"a-then-b", "b-then-a"} <= set(violated(chosen))
    assert results(chosen)["a-then-b"].grade is Grade.ADVERSARIAL


def test_the_younger_one_is_refused_and_the_older_waits() -> None:
    assert violated(AGES) == {}
    assert outcome(AGES).coverage.processes == ()


def test_an_owner_without_a_ticket_is_older_than_nobody() -> None:
    assert violated(variant("ww_mutexes", "PlainOwner")) == {}


@pytest.mark.parametrize(("threads", "states"), [(1, 2), (2, 5), (3, 16), (4, 65)])
def test_tickets_are_the_order_of_open_contexts_and_nothing_more(threads: int, states: int) -> None:
    """Of n threads any k may be open, in any order: the sum of n! / (n - k)!."""
    chosen = variant("ww_mutexes", "Tickets", threads=threads)
    assert violated(chosen) == {}
    assert outcome(chosen).states == states


def test_more_contexts_than_there_is_room_for() -> None:
    found = violated(variant("ww_mutexes", "Tickets", threads=7))
    assert set(found) == {"bounds"}
    assert "too many acquire contexts" in found["bounds"]


@pytest.mark.parametrize(
    ("what", "property", "message"),
    [
        ("locks-without-context", "no-context-misuse", "no acquire context"),
        ("opens-two", "no-context-misuse", "has an open context"),
        ("closes-none", "no-context-misuse", "no acquire context"),
        ("closes-with-mutexes", "no-context-misuse", "ends with mutexes held in it"),
        ("never-closes", "no-lock-held-at-end", "ends with ww held"),
        ("locks-after-done", "no-context-misuse", "takes no more"),
        ("slow-without-refusal", "no-context-misuse", "lock_slow() is for after -EDEADLK"),
        ("unlocks-as-if-plain", "no-context-misuse", "give it back with unlock_ctx()"),
        ("unlocks-as-if-in-context", "no-context-misuse", "give it back with unlock()"),
        ("unlocks-in-another-class", "no-context-misuse", "taken in a context of another class"),
        ("unlocks-what-it-has-not", "no-unlock-by-non-owner", "is not held by this actor"),
        ("plainly-twice", "no-self-deadlock", "already held"),
        ("in-context-what-it-has-plainly", "no-self-deadlock", "holds the ww_mutex, without a context"),
    ],
)
def test_misuse(what: str, property: str, message: str) -> None:
    found = violated(variant("ww_mutexes", "Misuse", what=what))
    assert set(found) == {property}
    assert message in found[property]


def test_proper_use() -> None:
    assert violated(variant("ww_mutexes", "Misuse")) == {}


def test_a_mutex_is_of_one_class() -> None:
    assert "another class" in violated(variant("ww_mutexes", "TwoClasses"))["no-context-misuse"]


def test_nobody_backs_off_for_a_mutex_held_without_a_context() -> None:
    assert "no-deadlock" in violated(ONE_PLAINLY)
    assert [cycle.text for cycle in analyse(program(ONE_PLAINLY)).cycles] == ["ww -> ww"]


OWN_LOCK = """
from svmcheck.model.lang import Lock, World, acquired, flag, process

class Odd(Lock):
    taken = flag()
    def lock(self) -> None:
        self.taken = True
        acquired(self, family=self.taken)

class Demo(World):
    odd = Odd()

@process
def takes_it(k: Demo) -> None:
    k.odd.lock()
"""


def test_a_family_is_a_record(tmp_path: Path) -> None:
    path = tmp_path / "demo.py"
    path.write_text(OWN_LOCK)
    with pytest.raises(ProtocolError) as refused:
        compile_program(load_protocol(path))
    (found,) = refused.value.diagnostics
    assert (found.code, found.headline) == ("SVM251", "family= takes an embedded record")


def test_the_engines_agree() -> None:
    ways = ["backs-off", "ignores-it", "keeps-the-other", "draws-a-new-ticket"]
    chosen = [two_orders(way, again=True) for way in ways]
    assert engines_disagree([*chosen, variant("ww_mutexes", "Tickets"), PLAINLY, ONE_PLAINLY, AGES]) == []
