# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Verdicts and depths of the smt engine: against the reference engine, and each kind of verdict by itself."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.symbolic.engine import SmtEngine
from svmcheck.model.ir.program import Dim, Program
from svmcheck.model.ir.properties import DEADLOCK, properties
from svmcheck.model.ir.types import IntType, SetType
from svmcheck.specs.verdict import Verdict
from tests.checker.symbolic.programs import PROTOCOLS, bounded, disagreements, protocol, result
from tests.irbuild import (
    ME,
    Automaton,
    binary,
    bound,
    check,
    eq,
    invariant,
    load,
    ne,
    negated,
    plus,
    program,
    put,
    quant,
    variable,
)
from tests.irprograms import contended_lock, increment_locked, increment_race, lock_pair, peterson
from tests.random_ir import random_program

RANDOM = 200  # programs per run
NEAR_ENOUGH = invariant("no-lost-update", binary("<", load("x"), 2))

CPU_FAULT: list[dict[str, int | str]] = [
    {"generation": "g0"},
    {"generation": "g0", "fault_page": "missing"},
    {"generation": "g1"},
    {"generation": "g1", "cpu_threads": 3},
    {"generation": "g2", "urgent_refault": "true"},
    {"generation": "g3"},
    {"generation": "g3", "release": "put-then-unlock"},
    {"generation": "g3", "mappings": 2, "entry_wait": "reference"},
    {"generation": "g3", "hmm_threads": 1, "migrators": 1, "driver_lock": "true"},
]
SHIPPED = [
    ("cpu_tlb", "CpuTlb"),
    ("cpu_touch", "CpuTouch"),
    ("device_exclusive", "DeviceExclusive"),
    ("dmirror", "DmirrorWorld"),
    ("eviction", "Eviction"),
    ("khugepaged", "Khugepaged"),
    ("notifier", "Notifier"),
    ("pfnmap", "Pfnmap"),
    ("svm_core", "SvmCore"),
    ("tile_state", "TileState"),
    ("userptr", "Userptr"),
    ("userptr_lists", "UserptrLists"),
    ("vm_close", "VmClose"),
]


@pytest.mark.parametrize("choices", CPU_FAULT, ids=lambda c: " ".join(f"{k}={v}" for k, v in c.items()))
def test_cpu_fault_as_the_reference_engine(choices: dict[str, int | str]) -> None:
    given = protocol("cpu_fault", **choices)
    assert disagreements(given, bounded(given)) == []


@pytest.mark.parametrize(("name", "world"), SHIPPED)
def test_every_shipped_protocol_as_the_reference_engine(name: str, world: str) -> None:
    given = protocol(name, world)
    assert disagreements(given, bounded(given)) == []


def test_the_list_of_shipped_protocols_names_files() -> None:
    assert {f"{name}.py" for name, _ in SHIPPED} <= {path.name for path in PROTOCOLS.glob("*.py")}


@pytest.mark.parametrize(
    "given",
    [
        increment_race(3),
        replace(increment_race(2), invariants=(NEAR_ENOUGH,)),
        increment_locked(3),
        peterson(),
        lock_pair(),
        contended_lock(strong=True),
    ],
    ids=lambda p: "+".join(q.name for q in p.processes),
)
def test_small_programs_as_the_reference_engine(given: Program) -> None:
    assert disagreements(given, bounded(given)) == []


@pytest.mark.parametrize("seed", range(RANDOM))
def test_random_programs_as_the_reference_engine(seed: int) -> None:
    given = random_program(seed)
    assert disagreements(given, bounded(given)) == []


def test_a_deep_use_after_free_is_found_at_the_same_depth() -> None:
    given = protocol("cpu_fault", generation="g0")
    wanted = tuple(p for p in properties(given) if p.name == "no-use-after-free")
    expected = ReferenceEngine().decide(given, wanted, Limits(), lambda tick: None).results[0]
    assert expected.depth > 25
    found = SmtEngine(expected.depth, None).decide(given, wanted, Limits(), lambda tick: None).results[0]
    assert (found.verdict, found.depth, found.message) == (Verdict.VIOLATED, expected.depth, expected.message)
    assert found.trace is not None
    assert len(found.trace.steps) == expected.depth
    short = SmtEngine(expected.depth - 1, None).decide(given, wanted, Limits(), lambda tick: None).results[0]
    assert (short.verdict, short.depth) == (Verdict.BOUNDED, expected.depth - 1)


def test_bounded_says_how_far() -> None:
    outcome = bounded(peterson(), depth=7)
    assert outcome.depth == 7
    assert {(r.verdict, r.depth, r.message) for r in outcome.results} == {
        (Verdict.BOUNDED, 7, "no violation within 7 steps")
    }


def test_a_violating_step_counts_and_needs_no_guard() -> None:
    p = Automaton("p").edge("a", "b", put("x", 1))
    p.edge("b", "c", guard=eq(load("x"), 5), checks=(check(ne(load("x"), 1)),))
    given = program(p.place("b", idle=True), variables=(variable("x"),))
    assert result(bounded(given, depth=1), "asserted").verdict is Verdict.BOUNDED
    found = result(bounded(given, depth=2), "asserted")
    assert (found.verdict, found.depth, found.message) == (Verdict.VIOLATED, 2, "it is wrong")


def test_beyond_a_violation_nothing_is_called_bounded() -> None:
    p = Automaton("p").edge("a", "b", checks=(check(eq(load("x"), 1)),)).edge("b", "a")
    outcome = bounded(program(p, variables=(variable("x"),)), depth=3)
    assert result(outcome, DEADLOCK).verdict is Verdict.TRUNCATED
    assert result(outcome, DEADLOCK).message == (
        "no violation within 0 steps, and not decided beyond the violation of asserted"
    )


def test_when_all_runs_have_ended_the_rest_holds() -> None:
    outcome = bounded(increment_race(2), depth=30)
    assert outcome.depth == 4
    assert {(r.verdict, r.message) for r in outcome.results} == {(Verdict.HOLDS, "no run is longer than 4 steps")}


def test_what_had_no_chance_is_vacuous() -> None:
    never = eq(load("x"), 1)
    p = Automaton("p").edge("a", "b").edge("b", "c", guard=never).edge("c", "d", checks=(check(never),))
    given = program(p.place("b", idle=True), variables=(variable("x"),))
    assert result(bounded(given), "asserted").verdict is Verdict.VACUOUS
    stuck = replace(given, invariants=(invariant("released", never, balance=True),))
    waiting = replace(stuck.processes[0], locations=tuple(replace(at, idle=False) for at in p.process().locations))
    outcome = bounded(replace(stuck, processes=(waiting,)))
    assert result(outcome, "released").verdict is Verdict.VACUOUS
    assert (result(outcome, DEADLOCK).verdict, result(outcome, DEADLOCK).depth) == (Verdict.VIOLATED, 1)


def test_urgency_keeps_others_from_moving() -> None:
    fast = Automaton("fast").place("a", urgent=eq(load("x"), 0)).edge("a", "b", put("x", 1))
    slow = Automaton("slow").edge("a", "b", checks=(check(eq(load("x"), 1)),))
    given = program(fast.place("b", ends=True), slow.place("b", ends=True), variables=(variable("x"),))
    outcome = bounded(given)
    assert result(outcome, "asserted").verdict is Verdict.HOLDS
    assert result(outcome, "asserted").assumptions == ("under the timing assumption: urgent blocks run first",)
    calm = replace(given.processes[0], locations=tuple(replace(at, urgent=None) for at in given.processes[0].locations))
    assert result(bounded(replace(given, processes=(calm, given.processes[1]))), "asserted").depth == 1


def test_negative_numbers_division_and_dynamic_indices() -> None:
    number = IntType(-7, 7)
    halves = binary("//", load("x", type=number), 2, number)
    p = Automaton("p").edge("a", "b", put("x", -7)).edge("b", "c", put("x", halves))
    p.edge("c", "d", put("y", 1, binary("%", load("x", type=number), 3, number))).place("d", ends=True)
    unseen = invariant("unseen", negated(quant("any", "i", 3, eq(load("y", bound("i")), 1))))
    given = program(p, variables=(variable("x", type=number), variable("y", Dim(3))), invariants=(unseen,))
    found = result(bounded(given), "unseen")
    assert found.trace is not None
    assert [change.after for change in found.trace.steps[1].changes] == ["-4"]  # -7 // 2
    assert [change.name for change in found.trace.steps[2].changes] == ["y[2]"]  # -4 % 3


def test_liveness_is_refused_in_words() -> None:
    given = contended_lock(strong=True)
    outcome = SmtEngine(5).decide(given, properties(given), Limits(), lambda tick: None)
    told = result(outcome, "gets-lock")
    assert told.verdict is Verdict.TRUNCATED
    assert told.message == "not decided: the smt engine decides safety and deadlock only"


def test_what_cannot_be_represented_is_refused_in_words() -> None:
    p = Automaton("p").edge("a", "a", put("x", plus(load("x"), 1)))
    for kind in (IntType(0, 100_000), SetType(IntType(0, 30), 0, 31)):
        total = binary("<", plus(load("x", type=kind), load("x", type=kind)), 1)
        outcome = bounded(program(p, variables=(variable("x", type=kind),), invariants=(invariant("small", total),)))
        assert {r.verdict for r in outcome.results} == {Verdict.TRUNCATED}
        assert all("cannot represent" in r.message for r in outcome.results)


def test_a_limit_of_time_keeps_what_was_found() -> None:
    given = protocol("cpu_fault", cpu_threads=3)
    wanted = tuple(p for p in properties(given) if p.name == "no-use-after-free")
    outcome = SmtEngine(None, None).decide(given, wanted, Limits(seconds=1.5), lambda tick: None)
    only = outcome.results[0]
    assert only.verdict in (Verdict.BOUNDED, Verdict.TRUNCATED)  # the latter where encoding alone takes so long
    assert "stopped at the limit of 1.5 seconds" in only.message
    none = SmtEngine().decide(given, wanted, Limits(seconds=0), lambda tick: None).results[0]
    assert (none.verdict, none.message) == (Verdict.TRUNCATED, "stopped at the limit of 0 seconds")


def test_limits_it_does_not_know_are_told() -> None:
    given = peterson()
    outcome = SmtEngine(1).decide(given, properties(given), Limits(states=5), lambda tick: None)
    assert outcome.notes == ("the smt engine counts no states; the limit on them changes nothing",)


def test_the_command_line_does_not_load_z3() -> None:
    code = (
        "import sys, svmcheck.checker.cli.main\n"
        "from svmcheck.checker.registry import Wishes, make\n"
        "make('smt', Wishes())\n"
        "sys.exit('z3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_me_is_the_index_in_the_class() -> None:
    first = Automaton("first").place("a", idle=True)
    second = Automaton("second", 2).edge("a", "b", put("x", 1), guard=eq(ME, 1)).place("a", idle=True)
    given = program(first, second.place("b", ends=True), variables=(variable("x"),))
    found = result(bounded(replace(given, invariants=(invariant("zero", eq(load("x"), 0)),))), "zero")
    assert found.trace is not None
    assert [step.actor for step in found.trace.steps] == ["second[1]"]
