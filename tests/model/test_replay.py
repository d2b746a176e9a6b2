# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.program import Update
from svmcheck.model.ir.properties import DEADLOCK, PARTIAL_DEADLOCK, SYSTEM_PROGRESS, Property, properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.model.replay import STAYS, STAYS_LABEL, ReplayError, Schedule, replay
from svmcheck.model.semantics import Semantics
from svmcheck.model.trace import Change
from tests.irbuild import (
    ME,
    Automaton,
    always_eventually,
    check,
    const,
    eq,
    invariant,
    leads_to,
    load,
    local,
    ne,
    program,
    put,
    put_mine,
    variable,
)
from tests.irprograms import contended_lock, increment_race, lock_pair

ASSERTED = Property("asserted", "assertion")


def test_a_trace_shows_what_each_step_changed_and_no_more() -> None:
    trace = replay(Semantics(increment_race(2)), Schedule(0, ((1, 0), (0, 0), (1, 1))))
    assert trace.start == (("x", "0"), ("seen[0]", "0"), ("seen[1]", "0"))
    assert trace.actors == ("inc[0]", "inc[1]")
    assert [step.actor for step in trace.steps] == ["inc[1]", "inc[0]", "inc[1]"]
    assert [step.changes for step in trace.steps] == [(), (), (Change("x", "0", "1"),)]
    assert trace.steps[2].label == "write to done"
    assert trace.loop is None


def test_hidden_variables_and_locations_are_not_shown() -> None:
    p = Automaton("p").edge("a", "b", put("seen", 1), put("made-up", 1))
    semantics = Semantics(program(p, variables=(variable("seen"), variable("made-up", hidden=True))))
    trace = replay(semantics, Schedule(0, ((0, 0),)))
    assert trace.start == (("seen", "0"),)
    assert trace.steps[0].changes == (Change("seen", "0", "1"),)


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        (Schedule(1, ()), "there is no initial state 1"),
        (Schedule(0, ((2, 0),)), "step 1: there is no process 2"),
        (Schedule(0, ((0, 9),)), "step 1: first has no edge 9"),
        (Schedule(0, ((0, 0), (0, 0))), r"step 2: first stands at 'holding', where edge 0 \('start to holding'\)"),
        (Schedule(0, ((0, 0), (1, 0), (1, 1))), "step 3: second cannot take 'holding to both' .* condition is false"),
        (Schedule(0, ((0, STAYS),)), "step 1: that nobody ever moves again is no fair run"),
        (Schedule(0, ((0, 0), (0, 1)), loop=0), "the loop does not close"),
        (Schedule(0, ((0, 0),), loop=1), "the loop begins at step 2, but the run has 1"),
    ],
)
def test_a_schedule_the_program_does_not_have_is_refused(schedule: Schedule, why: str) -> None:
    with pytest.raises(ReplayError, match=why):
        replay(Semantics(lock_pair()), schedule)


def test_a_step_against_urgency_is_refused() -> None:
    fast = Automaton("fast").place("a", urgent=eq(load("x"), 0)).edge("a", "b")
    semantics = Semantics(program(fast, Automaton("slow").edge("a", "b"), variables=(variable("x"),)))
    with pytest.raises(ReplayError, match="slow has to wait at 'a', because another process has priority"):
        replay(semantics, Schedule(0, ((1, 0),)))


def test_a_violating_step_ends_the_run_and_changes_nothing() -> None:
    p = Automaton("p").edge("a", "b", put("x", 1)).edge("b", "c", checks=(check(ne(load("x"), 1), line=42),))
    semantics = Semantics(program(p, variables=(variable("x"),)))
    trace = replay(semantics, Schedule(0, ((0, 0), (0, 1))), ASSERTED)
    assert trace.violation == "it is wrong"
    assert trace.steps[-1].changes == ()
    assert (trace.steps[-1].label, trace.steps[-1].frames) == ("b to c", semantics.edge(0, 1).frames)
    with pytest.raises(ReplayError, match="does not violate asserted"):
        replay(semantics, Schedule(0, ((0, 0),)), ASSERTED)
    with pytest.raises(ReplayError, match="nothing can follow"):
        replay(semantics, Schedule(0, ((0, 0), (0, 1), (0, 0))), ASSERTED)


PROTOCOL = """
from svmcheck.model.lang import World, bounded, process
from svmcheck.model.primitives import Mutex

class K(World):
    x = bounded(0, 3)
    lock = Mutex()

def inner(k: K) -> None:
    seen = k.x
    assert seen == 0, "asserted"  # one step with the line above
    k.x = 0

@process
def user(k: K) -> None:
    k.lock.lock()
    if k.x == 2:
        return
    inner(k)
    k.lock.unlock()
    k.x = 1

@process
def writer(k: K) -> None:
    k.x = 2
"""


@pytest.mark.parametrize(
    ("name", "label", "lines"),
    [
        ("asserted", 'assert seen == 0, "asserted"', [19, 11]),
        ("no-lock-held-at-end", "k.x == 2: true", [17]),
    ],
)
def test_a_violating_step_is_the_statement_at_its_line(name: str, label: str, lines: list[int], tmp_path: Path) -> None:
    path = tmp_path / "protocol.py"
    path.write_text(PROTOCOL)
    program = compile_program(load_protocol(path))
    found = ReferenceEngine().decide(program, properties(program), Limits(), lambda _: None)
    trace = next(result.trace for result in found.results if result.property == name)
    assert trace is not None
    assert trace.steps[-1].label == label
    assert [frame.line for frame in trace.steps[-1].frames] == lines


def test_an_invariant_has_to_fail_in_the_last_state() -> None:
    p = Automaton("p").edge("a", "b", put("x", 1)).edge("b", "c", put("x", 0))
    semantics = Semantics(program(p, variables=(variable("x"),), invariants=(invariant("zero", eq(load("x"), 0)),)))
    claim = Property("zero", "invariant")
    assert replay(semantics, Schedule(0, ((0, 0),)), claim).violation == "zero does not hold (x is 1)"
    with pytest.raises(ReplayError):
        replay(semantics, Schedule(0, ((0, 0), (0, 1))), claim)


def test_a_deadlock_names_who_waits_where() -> None:
    semantics = Semantics(lock_pair())
    trace = replay(semantics, Schedule(0, ((0, 0), (1, 0))), Property(DEADLOCK, "deadlock"))
    assert trace.violation == (
        "nobody can move: first waits at test.py:101 holding (b is 1), second waits at test.py:101 holding (a is 1)"
    )
    with pytest.raises(ReplayError):
        replay(semantics, Schedule(0, ((0, 0),)), Property(DEADLOCK, "deadlock"))
    with pytest.raises(ReplayError):
        replay(semantics, Schedule(0, ((0, 0), (1, 0))), Property(PARTIAL_DEADLOCK, "deadlock"))


def test_a_store_to_a_local_is_no_change_of_another_instances() -> None:
    p = Automaton("p", count=2)
    p.edge("a", "b", put_mine("seen", 2)).edge("b", "c", Update("seen", (ME,), const(0), reset=True))
    semantics = Semantics(program(p, variables=(local("seen", p),)))
    trace = replay(semantics, Schedule(0, ((0, 0), (0, 1), (1, 0), (1, 1))))
    assert [step.changes for step in trace.steps] == [
        (Change("seen[0]", "0", "2"),),
        (),
        (Change("seen[1]", "0", "2"),),
        (),
    ]


FREED = """
from svmcheck.model.lang import Record, World, flag, initial, invariant, pool, process, ref, wait

class Page(Record):
    used = flag()

class K(World):
    pages = pool(Page, 1)
    mapped = ref(Page)
    looked = flag()
    freed = flag()

@initial
def maps(k: K) -> None:
    k.mapped = k.pages.alloc()

@process
def reader(k: K) -> None:
    page = k.mapped
    page.used = True
    k.looked = True  # page is not read again

@process
def owner(k: K) -> None:
    wait(k.looked)
    k.pages.free(k.mapped)
    k.freed = True

@invariant
def never(k: K) -> bool:
    return not k.freed
"""


def test_a_local_that_the_compiler_has_reset_stays_as_it_was_when_its_record_is_freed(tmp_path: Path) -> None:
    path = tmp_path / "protocol.py"
    path.write_text(FREED)
    program = compile_program(load_protocol(path))
    assert any(u.reset for p in program.processes for e in p.edges for u in e.updates)
    found = ReferenceEngine().decide(program, properties(program), Limits(), lambda _: None)
    trace = next(result.trace for result in found.results if result.property == "never")
    assert trace is not None
    changes = [change for step in trace.steps for change in step.changes if change.name == "reader[0].page"]
    assert [(c.before, c.after) for c in changes] == [("null", "pages[0]")], "it is not read again"


def test_a_livelock_has_to_be_fair() -> None:
    loop = Schedule(0, ((0, 0), (0, 1)), loop=0)
    claim = Property("gets-lock", "livelock")
    trace = replay(Semantics(contended_lock(strong=False)), loop, claim)
    assert trace.violation == "p[1] never completes 'gets-lock'"
    assert trace.loop == 0
    with pytest.raises(ReplayError, match=r"not fair: p\[1\] is offered lock again and again"):
        replay(Semantics(contended_lock(strong=True)), loop, claim)
    with pytest.raises(ReplayError, match="does not violate system-progress"):
        replay(Semantics(contended_lock(strong=False)), loop, Property(SYSTEM_PROGRESS, "livelock"))


def test_a_livelock_has_to_move_everybody_who_always_can() -> None:
    spin = Automaton("spin").place("a", pending=("done",)).edge("a", "a").edge("a", "b", completes=("done",))
    other = Automaton("other").edge("a", "b")
    with pytest.raises(ReplayError, match="not fair: other can always move and never does"):
        replay(Semantics(program(spin, other)), Schedule(0, ((0, 0),), loop=0), Property("done", "livelock"))


def test_the_stutter_is_a_step_that_changes_nothing() -> None:
    worker = Automaton("worker").place("a", idle=True, pending=("served",)).edge("a", "b", guard=eq(load("x"), 1))
    actor = Automaton("actor").place("a", rests=True).edge("a", "b", put("x", 1))
    semantics = Semantics(program(worker, actor, variables=(variable("x"),)))
    trace = replay(semantics, Schedule(0, ((0, STAYS),), loop=0), Property("served", "livelock"))
    assert trace.steps[0].label == STAYS_LABEL
    assert trace.steps[0].changes == ()
    assert trace.steps[0].frames[0].line == 100


def test_temporal_claims_look_at_the_premise_and_the_conclusion() -> None:
    p = Automaton("p").edge("a", "b", put("asked", 1)).edge("b", "b").edge("b", "c", put("served", 1)).edge("c", "c")
    stated = (
        leads_to("answer", eq(load("asked"), 1), eq(load("served"), 1)),
        always_eventually("idle", eq(load("asked"), 0)),
    )
    semantics = Semantics(program(p, variables=(variable("asked"), variable("served")), temporal=stated))
    spins = Schedule(0, ((0, 0), (0, 1)), loop=1)
    answered = Schedule(0, ((0, 0), (0, 2), (0, 3)), loop=2)
    assert "answer" in replay(semantics, spins, Property("answer", "leads-to")).violation
    assert "idle" in replay(semantics, answered, Property("idle", "always-eventually")).violation
    with pytest.raises(ReplayError):
        replay(semantics, answered, Property("answer", "leads-to"))
    with pytest.raises(ReplayError):
        replay(semantics, Schedule(0, ((0, 0),)), Property("answer", "leads-to"))
