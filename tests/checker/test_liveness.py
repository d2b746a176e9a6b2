# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from svmcheck.checker.engine import Limits
from svmcheck.checker.liveness.fairness import Demands, fair_components, weakly_fair_components
from svmcheck.checker.liveness.graph import Graph, components
from svmcheck.checker.liveness.lasso import fair_loop, is_fair
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.expr import FALSE, TRUE
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import DEADLOCK, PARTIAL_DEADLOCK, SYSTEM_PROGRESS, properties
from svmcheck.model.replay import STAYS, STAYS_LABEL
from svmcheck.model.semantics import Semantics, Violation
from svmcheck.specs.verdict import Grade, Result, Verdict
from tests.irbuild import (
    Automaton,
    always_eventually,
    both,
    eq,
    leads_to,
    load,
    ne,
    program,
    put,
    variable,
)
from tests.irprograms import contended_lock

X = (variable("x"),)
TIMING = "under the timing assumption: urgent blocks run first"


def decide(given: Program, name: str) -> Result:
    claim = next(p for p in properties(given) if p.name == name)
    return ReferenceEngine().decide(given, (claim,), Limits(), lambda tick: None).results[0]


def lasso(found: Result) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Stem and loop as (instance, edge)."""
    assert found.trace is not None
    assert found.trace.loop is not None
    steps = [(step.process, step.edge) for step in found.trace.steps]
    return steps[: found.trace.loop], steps[found.trace.loop :]


# ---- hand-over, naming fairness


def test_a_weak_hand_over_starves_and_a_strong_one_does_not() -> None:
    weak = decide(contended_lock(strong=False), "gets-lock")
    assert (weak.verdict, weak.grade) == (Verdict.VIOLATED, Grade.ADVERSARIAL)
    stem, loop = lasso(weak)
    assert stem == []
    assert [edge for _, edge in loop] == [0, 1]
    assert weak.message == (
        "p[0] need never complete 'gets-lock': a fair run puts it off for ever, though it stays possible "
        "(likewise p[1])"
    )
    strong = decide(contended_lock(strong=True), "gets-lock")
    assert strong.verdict is Verdict.HOLDS
    assert strong.assumptions == (
        "weak fairness of every process",
        "holds only because hand-over of lock is strongly fair",
    )


def test_system_progress_needs_only_somebody() -> None:
    found = decide(contended_lock(strong=False), SYSTEM_PROGRESS)
    assert found.verdict is Verdict.HOLDS
    assert found.assumptions == ("weak fairness of every process", "needs no strong fairness")


def choice(strong: bool) -> Program:
    """Try again and again; whether a try succeeds is a choice."""
    p = Automaton("p").place("try", pending=("done",))
    p.edge("try", "end", completes=("done",), fair="success" if strong else "", choice=True).edge("try", "try")
    return program(p.place("end", ends=True))


def test_an_unfair_choice_is_adversarial_and_a_fair_one_is_named() -> None:
    assert decide(choice(strong=False), "done").grade is Grade.ADVERSARIAL
    fair = decide(choice(strong=True), "done")
    assert fair.assumptions[1] == "holds only because the choice success is strongly fair"


def test_strong_fairness_of_either_of_two_can_be_enough() -> None:
    """The actor is done when either of two choices is made, so neither demand alone is needed."""
    p = Automaton("p").place("try", pending=("done",)).edge("try", "try")
    for subject in ("left", "right"):
        p.edge("try", "end", completes=("done",), fair=subject, choice=True)
    found = decide(program(p.place("end", ends=True)), "done")
    assert found.verdict is Verdict.HOLDS
    assert found.assumptions[1] == (
        "strong fairness is needed, but not everywhere: it is enough that the choice right is strongly fair"
    )


# ---- resting, idling, the cycle of length zero


def test_an_actor_that_rests_owes_nothing_further() -> None:
    """Who waits for a resting actor may wait for ever: a cycle of length zero."""
    waiter = Automaton("waiter").place("wait", pending=("served",))
    waiter.edge("wait", "end", guard=eq(load("x"), 1), completes=("served",)).place("end", ends=True)
    actor = Automaton("actor").edge("rest", "end", put("x", 1)).place("end", ends=True)
    assert decide(program(waiter, actor, variables=X), "served").verdict is Verdict.HOLDS
    actor.place("rest", rests=True)
    found = decide(program(waiter, actor, variables=X), "served")
    assert (found.verdict, found.grade) == (Verdict.VIOLATED, Grade.ADVERSARIAL)
    assert lasso(found) == ([], [(0, STAYS)])
    assert found.trace is not None
    assert found.trace.steps[0].label == STAYS_LABEL
    assert found.trace.steps[0].actor == "waiter"


def test_resting_is_no_excuse_while_others_have_to_move() -> None:
    """The loop needs the runner, and the resting actor may stay where it is all the same."""
    waiter = Automaton("waiter").place("wait", pending=("served",))
    waiter.edge("wait", "end", guard=eq(load("x"), 1), completes=("served",)).place("end", ends=True)
    actor = Automaton("actor").edge("rest", "end", put("x", 1)).place("end", ends=True).place("rest", rests=True)
    runner = Automaton("runner").edge("a", "a")
    found = decide(program(waiter, actor, runner, variables=X), "served")
    assert lasso(found) == ([], [(2, 0)])


def test_an_idle_worker_must_move_when_it_can() -> None:
    worker = Automaton("worker").place("idle", idle=True).edge("idle", "idle", put("x", 0), guard=eq(load("x"), 1))
    asker = Automaton("asker").edge("ask", "wait", put("x", 1)).place("wait", pending=("served",))
    asker.edge("wait", "end", guard=eq(load("x"), 0), completes=("served",)).place("end", ends=True)
    assert decide(program(worker, asker, variables=X), "served").verdict is Verdict.HOLDS
    resting = Automaton("worker").place("idle", rests=True).edge("idle", "idle", put("x", 0), guard=eq(load("x"), 1))
    found = decide(program(resting, asker, variables=X), "served")
    assert found.verdict is Verdict.VIOLATED
    assert lasso(found) == ([(1, 0)], [(1, STAYS)])


def test_a_strong_demand_at_a_resting_point_is_no_demand() -> None:
    p = Automaton("p").place("rest", rests=True, pending=("done",))
    p.edge("rest", "end", completes=("done",), fair="lock").place("end", ends=True)
    assert decide(program(p), "done").verdict is Verdict.VIOLATED


def test_the_assumption_says_that_resting_is_exempt() -> None:
    p = Automaton("p").place("a", pending=("done",)).edge("a", "rest", completes=("done",)).place("rest", rests=True)
    assert decide(program(p), "done").assumptions[0] == "weak fairness of every process, except where it rests"


# ---- grades


def trap(entries: int) -> Program:
    """The actor spins; the saboteur, from its ``entries``-th location on, makes success impossible."""
    p = Automaton("p").place("try", pending=("done",))
    p.edge("try", "try", guard=ne(load("x"), 0)).edge("try", "end", guard=eq(load("x"), 0), completes=("done",))
    q = Automaton("q")
    for number in range(entries):
        q.edge(f"a{number}", f"a{number + 1}", *([put("x", 1)] if number == entries - 1 else []))
    q.place(f"a{entries}", ends=True)
    return program(p.place("end", ends=True), q, variables=X)


def test_a_trap_is_inevitable_and_the_stem_leads_into_it() -> None:
    found = decide(trap(2), "done")
    assert (found.verdict, found.grade) == (Verdict.VIOLATED, Grade.INEVITABLE)
    assert found.message == "p can no longer complete 'done' from some reachable states on"
    assert lasso(found) == ([(1, 0), (1, 1)], [(0, 0)])


def test_inevitable_from_the_start() -> None:
    p = Automaton("p").place("try", pending=("done",)).edge("try", "try")
    p.edge("try", "end", guard=FALSE, completes=("done",)).place("end", ends=True)
    message = decide(program(p), "done").message
    assert message == "p can never complete 'done': not from any state in which it is owed"


def test_inevitable_from_one_of_two_initial_states() -> None:
    p = Automaton("p").place("try", pending=("done",)).edge("try", "try", guard=ne(load("x"), 0))
    p.edge("try", "end", guard=eq(load("x"), 0), completes=("done",)).place("end", ends=True)
    found = decide(program(p, variables=X, initial=({}, {"x": (1,)})), "done")
    assert found.message == "p can never complete 'done' from the initial state on"
    assert found.trace is not None
    assert found.trace.initial == 1


def test_a_trap_is_preferred_to_a_shorter_adversarial_cycle() -> None:
    given = trap(2)
    spinning = replace(given.processes[0].edges[0], guard=TRUE)
    p = replace(given.processes[0], edges=(spinning, *given.processes[0].edges[1:]))
    found = decide(replace(given, processes=(p, given.processes[1])), "done")
    assert found.grade is Grade.INEVITABLE
    assert len(lasso(found)[0]) == 2


def test_a_run_into_a_deadlock_does_not_do_what_it_owes() -> None:
    p = Automaton("p").place("a", pending=("done",)).edge("a", "b", put("x", 1)).place("b", pending=("done",))
    p.edge("b", "c", guard=eq(load("x"), 0), completes=("done",)).place("c", ends=True)
    given = program(p, variables=X)
    assert decide(given, DEADLOCK).verdict is Verdict.VIOLATED
    found = decide(given, "done")
    assert (found.verdict, found.grade) == (Verdict.VIOLATED, Grade.INEVITABLE)
    assert found.message == "p does not complete 'done' in a run that ends in a deadlock"
    assert lasso(found) == ([(0, 0)], [(0, STAYS)])


def test_a_partial_deadlock_of_a_pending_actor_is_an_inevitable_livelock() -> None:
    p = Automaton("p").place("a", pending=("done",)).edge("a", "b", guard=eq(load("x"), 1), completes=("done",))
    given = program(p.place("b", ends=True), Automaton("q").edge("a", "a"), variables=X)
    assert decide(given, PARTIAL_DEADLOCK).verdict is Verdict.VIOLATED
    assert decide(given, "done").grade is Grade.INEVITABLE


def test_a_goal_nobody_is_ever_pending_is_vacuous() -> None:
    p = Automaton("p").edge("a", "b", guard=FALSE).place("b", pending=("done",)).edge("b", "c", completes=("done",))
    given = program(p.place("a", rests=True))
    assert decide(given, "done").verdict is Verdict.VACUOUS
    assert decide(given, "done").message == "no reachable state is pending 'done'"
    assert decide(given, SYSTEM_PROGRESS).message == "no reachable state is pending any goal"


def test_system_progress_fails_where_everybody_is_put_off() -> None:
    """Two that give way to each other for ever."""
    given: list[Automaton] = []
    for me, other in (("x", "y"), ("y", "x")):
        p = Automaton(me).place("want", pending=("passes",)).place("look", pending=("passes",))
        p.place("back", pending=("passes",)).edge("want", "look", put(me, 1))
        p.edge("look", "end", put(me, 0), guard=eq(load(other), 0), completes=("passes",))
        p.edge("look", "back", guard=eq(load(other), 1)).edge("back", "want", put(me, 0))
        given.append(p.edge("end", "want"))
    both_ways = program(*given, variables=(variable("x"), variable("y")))
    found = decide(both_ways, SYSTEM_PROGRESS)
    assert (found.verdict, found.grade) == (Verdict.VIOLATED, Grade.ADVERSARIAL)
    assert found.message.startswith("the system need never complete any goal: a fair run puts it off for ever")
    assert sorted(lasso(found)[1]) == [(0, 0), (0, 2), (0, 3), (1, 0), (1, 2), (1, 3)]


# ---- leads-to and always-eventually


def asking(answers: bool) -> Program:
    p = Automaton("p").edge("calm", "asking", put("asked", 1)).edge("asking", "calm", put("asked", 0))
    p.edge("calm", "calm")
    if not answers:
        p.edge("asking", "asking")
    stated = (
        leads_to("answer", eq(load("asked"), 1), eq(load("asked"), 0)),
        always_eventually("asks", eq(load("asked"), 1)),
        leads_to("never", eq(load("asked"), 5), eq(load("asked"), 0)),
    )
    return program(p, variables=(variable("asked"),), temporal=stated)


def test_leads_to() -> None:
    assert decide(asking(answers=True), "answer").verdict is Verdict.HOLDS
    found = decide(asking(answers=False), "answer")
    assert (found.verdict, found.grade) == (Verdict.VIOLATED, Grade.ADVERSARIAL)
    assert lasso(found) == ([(0, 0)], [(0, 3)])
    assert decide(asking(answers=True), "never").verdict is Verdict.VACUOUS
    assert decide(asking(answers=True), "never").message == "its premise is never true"


def test_always_eventually() -> None:
    found = decide(asking(answers=True), "asks")
    assert lasso(found) == ([], [(0, 2)])


def test_the_stem_of_leads_to_passes_the_premise_and_then_avoids_the_conclusion() -> None:
    """The nearest loop without the conclusion owes nothing: the premise is true only on the long way round."""
    p = Automaton("p").edge("a", "loop").edge("loop", "loop", guard=FALSE)
    p.edge("a", "b").edge("b", "c", put("x", 1)).edge("c", "d", put("x", 2)).edge("d", "loop", put("x", 3))
    p.edge("loop", "loop")
    given = program(p, variables=X, temporal=(leads_to("t", eq(load("x"), 2), eq(load("x"), 1)),))
    assert lasso(decide(given, "t")) == ([(0, 2), (0, 3), (0, 4), (0, 5)], [(0, 6)])


def test_a_leads_to_that_becomes_impossible_is_inevitable() -> None:
    p = Automaton("p").edge("a", "b", put("x", 1)).edge("b", "b")
    p.edge("a", "c", put("x", 2)).edge("c", "a", put("x", 0))
    given = program(p, variables=X, temporal=(leads_to("t", TRUE, eq(load("x"), 2)),))
    found = decide(given, "t")
    assert found.grade is Grade.INEVITABLE
    assert lasso(found) == ([(0, 0)], [(0, 1)])


# ---- urgency


def spinner(urgent: bool) -> Program:
    """One polls for a lock that another has to release."""
    p = Automaton("p").place("poll", pending=("got",), urgent=TRUE if urgent else None)
    p.edge("poll", "poll", guard=eq(load("lock"), 1)).edge("poll", "end", guard=eq(load("lock"), 0), completes=("got",))
    q = Automaton("q").edge("in", "end", put("lock", 0)).place("end", ends=True)
    return program(p.place("end", ends=True), q, variables=(variable("lock", initial=1),))


def test_a_zeno_timing_assumption_makes_liveness_vacuous() -> None:
    assert decide(spinner(urgent=False), "got").verdict is Verdict.HOLDS
    for name in ("got", SYSTEM_PROGRESS, PARTIAL_DEADLOCK):
        found = decide(spinner(urgent=True), name)
        assert found.verdict is Verdict.VACUOUS
        assert found.message == (
            "the timing assumption is Zeno: urgent steps alone hold up q for ever, at test.py:1"
        )


def test_urgency_that_gives_way_is_no_zeno_and_is_named() -> None:
    """A poll after which the poller is no longer urgent holds nobody up."""
    p = Automaton("p").place("poll", pending=("got",), urgent=eq(load("turn"), 0))
    p.edge("poll", "poll", put("turn", 1), guard=both(eq(load("lock"), 1), eq(load("turn"), 0)))
    p.edge("poll", "end", guard=eq(load("lock"), 0), completes=("got",)).place("end", ends=True)
    q = Automaton("q").edge("in", "end", put("lock", 0)).place("end", ends=True)
    found = decide(program(p, q, variables=(variable("lock", initial=1), variable("turn"))), "got")
    assert found.verdict is Verdict.HOLDS
    assert TIMING in found.assumptions


def test_enabledness_is_taken_after_urgency() -> None:
    """Whoever is held up by urgent steps again and again is not continuously enabled, so weak fairness is no help."""
    fast = Automaton("fast").place("a", urgent=TRUE).edge("a", "b").edge("b", "a")
    slow = Automaton("slow").place("a", pending=("done",)).edge("a", "b", completes=("done",)).place("b", ends=True)
    found = decide(program(fast, slow), "done")
    assert (found.verdict, found.grade) == (Verdict.VIOLATED, Grade.ADVERSARIAL)
    assert found.assumptions == (TIMING,)


# ---- limits


def test_a_limit_during_the_work_on_the_graph_truncates_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("svmcheck.checker.liveness.decide.goal_duties", interrupted)
    given = contended_lock(strong=True)
    results = ReferenceEngine().decide(given, properties(given), Limits(), lambda tick: None).results
    by_name = {r.property: r for r in results}
    assert by_name[DEADLOCK].verdict is Verdict.HOLDS
    assert by_name["gets-lock"].message == by_name[SYSTEM_PROGRESS].message == "interrupted"


# ---- the algorithms against brute force


@st.composite
def explicit_graphs(draw: st.DrawFn) -> tuple[Graph, Demands, list[int], frozenset[int]]:
    """Up to four states and seven steps of two instances with three strong demands; a region, and barred moves."""
    count = draw(st.integers(1, 4))
    ends = st.integers(0, count - 1)
    step = st.tuples(ends, ends, st.integers(0, 1), st.sampled_from([0, 0, 1, 2, 4]), st.booleans())
    steps = sorted(draw(st.lists(step, max_size=7)))
    first = [sum(1 for s in steps if s[0] < state) for state in range(count + 1)]
    graph = Graph([()] * count, (0,), first, [s[1] for s in steps], list(range(len(steps))))
    free = [3] * count
    offered = [0] * count
    for source, _, instance, strong, rests in steps:
        if not rests:
            free[source] &= ~(1 << instance)
            offered[source] |= strong
    subjects = (("handover", "a"), ("handover", "b"), ("choice", "c"))
    wanted = Demands(3, free, offered, [1 << s[2] for s in steps], [s[3] for s in steps], subjects)
    region = draw(st.sets(ends).map(sorted)) if draw(st.booleans()) else list(range(count))
    barred = draw(st.frozensets(st.integers(0, 6), max_size=2))
    return graph, wanted, region, barred


def source_of(graph: Graph, step: int) -> int:
    return next(s for s in range(len(graph)) if step in graph.steps(s))


def is_strongly_connected(graph: Graph, steps: tuple[int, ...]) -> bool:
    """Whether from every end of a step every other can be reached by these steps."""
    arcs = {(source_of(graph, e), graph.targets[e]) for e in steps}
    states = {s for arc in arcs for s in arc}
    for origin in states:
        reached = {origin}
        for _ in states:
            reached |= {t for s, t in arcs if s in reached}
        if reached != states:
            return False
    return True


def meets_everything(graph: Graph, wanted: Demands, steps: tuple[int, ...], strong: int) -> bool:
    """The definition: what a run that takes exactly these steps again and again has to satisfy."""
    states = {source_of(graph, e) for e in steps}
    for instance in (0, 1):
        moves = any(wanted.mover[graph.moves[e]] >> instance & 1 for e in steps)
        if not moves and not any(wanted.free[s] >> instance & 1 for s in states):
            return False
    for bit in range(3):
        offered = any(wanted.offered[s] >> bit & 1 for s in states)
        if strong >> bit & 1 and offered and not any(wanted.meets[graph.moves[e]] >> bit & 1 for e in steps):
            return False
    return True


def has_fair_cycle(graph: Graph, wanted: Demands, region: list[int], barred: frozenset[int], strong: int) -> bool:
    """By trying every set of steps."""
    usable = [
        e
        for e in range(len(graph.targets))
        if source_of(graph, e) in region and graph.targets[e] in region and graph.moves[e] not in barred
    ]
    subsets = itertools.chain.from_iterable(itertools.combinations(usable, n) for n in range(1, len(usable) + 1))
    return any(is_strongly_connected(graph, s) and meets_everything(graph, wanted, s, strong) for s in subsets)


@settings(max_examples=300, deadline=None)
@given(explicit_graphs(), st.integers(0, 7))
def test_fair_cycles_are_found_iff_there_are_any(
    case: tuple[Graph, Demands, list[int], frozenset[int]], strong: int
) -> None:
    graph, wanted, region, barred = case
    weak = list(weakly_fair_components(graph, wanted, region, barred))
    found = list(fair_components(graph, wanted, weak, barred, strong))
    assert bool(found) == has_fair_cycle(graph, wanted, region, barred, strong)
    for component in found:
        loop = fair_loop(graph, wanted, component, barred, strong, graph.tree.depth)
        states = [loop.start, *(graph.targets[e] for e in loop.steps)]
        assert states[-1] == loop.start
        assert [source_of(graph, e) for e in loop.steps] == states[:-1]
        assert set(states) <= set(region)
        assert not {graph.moves[e] for e in loop.steps} & barred
        assert meets_everything(graph, wanted, loop.steps, strong)
        assert is_fair(graph, wanted, loop, strong)


@settings(max_examples=200, deadline=None)
@given(explicit_graphs())
def test_components_partition_the_region_and_come_before_what_leads_to_them(
    case: tuple[Graph, Demands, list[int], frozenset[int]],
) -> None:
    graph, _, region, barred = case
    arcs = [
        (s, graph.targets[e]) for s in region for e in graph.steps(s) if graph.moves[e] not in barred
    ]  # fmt: skip
    reach = {s: {s} for s in region}
    for _ in region:
        for s, t in arcs:
            if t in reach:
                for reached in reach.values():
                    reached |= {t} if s in reached else set()
    found = list(components(graph, region, barred))
    assert sorted(s for component in found for s in component) == region
    for number, component in enumerate(found):
        for s in component:
            assert {t for t in reach[s] if s in reach[t]} == set(component)
        later = {s for other in found[number + 1 :] for s in other}
        assert not later & set().union(*(reach[s] for s in component))


@st.composite
def small_programs(draw: st.DrawFn) -> Program:
    """Two or three processes of three locations over one shared cell, pending at some, resting at some."""
    automata: list[Automaton] = []
    for number in range(draw(st.integers(2, 3))):
        p = Automaton("pqr"[number])
        pending = {place for place in "abc" if draw(st.booleans())}
        for place in "abc":
            rests = draw(st.sampled_from([False, False, True]))
            p.place(place, pending=("g",) if place in pending else (), rests=rests)
        for source in "abc" + "".join(draw(st.lists(st.sampled_from("abc"), max_size=3))):
            target = draw(st.sampled_from("abc"))
            done = ("g",) if source in pending and (target not in pending or draw(st.booleans())) else ()
            guard = eq(load("x"), draw(st.integers(0, 1))) if draw(st.booleans()) else TRUE
            updates = [put("x", draw(st.integers(0, 1)))] if draw(st.booleans()) else []
            fair = draw(st.sampled_from(["", "", "l", "m"]))
            p.edge(source, target, *updates, guard=guard, completes=done, fair=fair)
        automata.append(p)
    return program(*automata, variables=X)


def naive_trap(given: Program) -> bool:
    """Whether from some reachable pending state the instance's completion is not reachable."""
    semantics = Semantics(given)

    def ahead(start: tuple[int, ...]) -> tuple[set[tuple[int, ...]], set[tuple[int, int]]]:
        seen, taken = {start}, set[tuple[int, int]]()
        work = [start]
        while work:
            for instance, edge, target in semantics.successors(work.pop()):
                assert not isinstance(target, Violation)
                taken.add((instance, edge))
                if target not in seen:
                    seen.add(target)
                    work.append(target)
        return seen, taken

    for state in ahead(semantics.initial[0])[0]:
        taken = ahead(state)[1]
        completing = {instance for instance, edge in taken if semantics.edge(instance, edge).completes}
        if any("g" in semantics.location(state, i).pending and i not in completing for i in semantics.instances):
            return True
    return False


@settings(max_examples=150, deadline=None)
@given(small_programs())
def test_the_grade_is_inevitable_iff_there_is_a_trap(given: Program) -> None:
    """And every run returned was replayed and judged fair by model/claim.py, which shares no code with the search.

    A trap in which every fair run ends in a deadlock is a deadlock, and leaves the goal undecided at best.
    """
    assume(given.goals)
    results = ReferenceEngine().decide(given, properties(given), Limits(), lambda tick: None).results
    found = {r.property: r for r in results}
    inevitable = found["g"].grade is Grade.INEVITABLE
    if found[DEADLOCK].verdict is Verdict.HOLDS:
        assert inevitable == naive_trap(given)
    elif inevitable:
        assert naive_trap(given)
    if found["g"].verdict is Verdict.HOLDS:
        assert found[SYSTEM_PROGRESS].verdict is Verdict.HOLDS
