# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""No run is missed: whatever a run holds and waits for, the analysis of the automata knows of."""

from __future__ import annotations

import pytest

from svmcheck.checker.lockorder import flow
from svmcheck.checker.lockorder.flow import differ, meetings, same
from svmcheck.model.ir.program import LockEvent, Program
from svmcheck.model.semantics import Semantics, Violation
from tests.checker.lockorder.worlds import names, shipped, world

Held = tuple[str, ...]


def run_orders(program: Program) -> set[tuple[str, str, str]]:
    """(actor, held, asked for) of every run, from the states with what each process holds in them."""
    semantics = Semantics(program)
    instances = semantics.layout.instances
    found: set[tuple[str, str, str]] = set()

    def after(actor: str, held: Held, events: tuple[LockEvent, ...]) -> Held:
        for event in events:
            if event.action == "release":
                last = max((n for n, lock in enumerate(held) if lock == event.lock), default=None)
                held = held if last is None else held[:last] + held[last + 1 :]
            else:
                found.update((actor, lock, event.lock) for lock in held if event.blocking and lock != event.lock)
                held = (*held, event.lock)
        return held

    start = tuple(after(p.name, (), p.entry_locks) for p, _ in instances)
    work = [(state, start) for state in semantics.initial]
    seen = set(work)
    while work:
        state, held = work.pop()
        for instance, number, target in semantics.successors(state):
            process = instances[instance][0]
            now = after(process.name, held[instance], process.edges[number].locks)
            if isinstance(target, Violation):
                continue
            next_ = (target, (*held[:instance], now, *held[instance + 1 :]))
            if next_ not in seen:
                seen.add(next_)
                work.append(next_)
    return found


def known_orders(program: Program) -> set[tuple[str, str, str]]:
    return {
        (process.name, meeting.hold.lock, meeting.wait.lock)
        for process in program.processes
        for meeting in meetings(program, process)
    }


@pytest.mark.parametrize("name", names())
def test_no_order_of_a_run_is_missed(name: str) -> None:
    program = world(name)
    assert run_orders(program) <= known_orders(program)


@pytest.mark.parametrize(
    ("name", "options", "sizes"),
    [
        ("cpu_fault", {"generation": "g2", "driver_lock": "true"}, {"mappings": 2}),
        ("cpu_fault", {"generation": "g1", "driver_lock": "true"}, {}),
        ("cpu_fault", {"generation": "g2"}, {"cpu_threads": 0, "hmm_threads": 1, "migrators": 1, "mappings": 2}),
        ("notifier", {}, {}),
    ],
)
def test_nor_of_a_shipped_protocol(name: str, options: dict[str, str], sizes: dict[str, int]) -> None:
    program = shipped(name, options, sizes)
    found = run_orders(program)
    assert found
    assert found <= known_orders(program)


def test_with_too_many_situations_the_values_of_locals_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    program = world("Conditional")
    assert known_orders(program) == set()
    monkeypatch.setattr(flow, "MOST_SITUATIONS", 3)
    assert known_orders(program) == {("lets_go_first", "a", "b")}


def test_what_is_certain_of_two_indices() -> None:
    assert differ((0, None), (1, None))
    assert not differ((0, None), (0, 1))
    assert same((), ())
    assert same((2,), (2,))
    assert not same((None,), (None,))
