# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Lock order beside what engines decide: from their coverage, and without a search where none is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from svmcheck.checker.decide import decide
from svmcheck.checker.engine import Coverage, Limits, Outcome, Progress
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import LOCK_ORDER, Property, properties
from svmcheck.specs.verdict import Result, Verdict
from tests.checker.lockorder.worlds import world
from tests.irprograms import increment_race

ORDER = Property(LOCK_ORDER, "lock-order")


@dataclass
class Recorder:
    """An engine that has seen ``coverage``, and notes what it was asked."""

    coverage: Coverage
    name: str = "recorder"
    asked: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    def decide(self, program: Program, properties: tuple[Property, ...], limits: Limits, progress: Progress) -> Outcome:
        self.asked.append(tuple(p.name for p in properties))
        results = tuple(Result(p.name, p.kind, Verdict.HOLDS, self.name, 1, 1, 1, 0.0) for p in properties)
        return Outcome(results, self.coverage, 1, 1, 1, 0.0)


EVERYTHING = Coverage((), (), complete=True)


def lock_order(program: Program, coverage: Coverage) -> Result:
    (result,) = decide(Recorder(coverage), program, (ORDER,), Limits(), lambda tick: None).results
    return result


def beyond(name: str, actor: str) -> tuple[tuple[str, int], ...]:
    """All edges of an actor: it never moved."""
    process = next(p for p in world(name).processes if p.name == actor)
    return tuple((actor, n) for n in range(len(process.edges)))


def test_the_engine_is_asked_for_the_others_only_and_the_order_of_results_is_kept() -> None:
    program, engine = world("AbBa"), Recorder(EVERYTHING)
    wanted = properties(program)
    results = decide(engine, program, wanted, Limits(), lambda tick: None).results
    assert [r.property for r in results] == [p.name for p in wanted]
    assert engine.asked == [tuple(p.name for p in wanted if p != ORDER)]


def test_no_search_where_no_code_is_against_the_order() -> None:
    engine = Recorder(EVERYTHING)
    (result,) = decide(engine, world("TriesInside"), (ORDER,), Limits(), lambda tick: None).results
    assert engine.asked == []
    assert (result.verdict, result.states) == (Verdict.HOLDS, 0)


def test_a_cycle_is_named_with_its_paths() -> None:
    result = lock_order(world("AbBa"), EVERYTHING)
    assert result.verdict is Verdict.VIOLATED
    assert result.message.startswith("a -> b -> a: first takes b (orders.py:")
    assert "second takes a (orders.py:" in result.message
    assert result.trace is None


def test_code_that_is_not_reached_is_no_violation_and_that_is_told() -> None:
    result = lock_order(world("Unreachable"), Coverage(beyond("Unreachable", "never_there"), (), complete=True))
    assert result.verdict is Verdict.HOLDS
    (assumed,) = result.assumptions
    assert assumed == "only code that the search reached makes an order of locks; other code goes a -> b -> a"


def test_without_the_end_of_the_search_what_was_not_reached_is_open() -> None:
    result = lock_order(world("Unreachable"), Coverage(beyond("Unreachable", "never_there"), (), complete=False))
    assert result.verdict is Verdict.TRUNCATED
    assert "a -> b -> a" in result.message


def test_a_cycle_in_what_was_reached_is_one_however_the_search_ended() -> None:
    assert lock_order(world("AbBa"), Coverage((), (), complete=False)).verdict is Verdict.VIOLATED


def test_an_engine_that_knows_no_coverage_decides_nothing() -> None:
    everywhere = (*beyond("AbBa", "first"), *beyond("AbBa", "second"))
    assert lock_order(world("AbBa"), Coverage(everywhere, (), complete=False)).verdict is Verdict.TRUNCATED


@pytest.mark.parametrize(("name", "verdict"), [("Unreachable", Verdict.HOLDS), ("Flush", Verdict.VIOLATED)])
def test_with_an_engine(name: str, verdict: Verdict) -> None:
    program = world(name)
    outcome = decide(ReferenceEngine(), program, properties(program), Limits(), lambda tick: None)
    assert {r.property: r.verdict for r in outcome.results}[LOCK_ORDER] is verdict


def test_an_engine_alone_does_not_pretend_to_decide_it() -> None:
    (result,) = ReferenceEngine().decide(world("AbBa"), (ORDER,), Limits(), lambda tick: None).results
    assert result.verdict is Verdict.TRUNCATED


def test_where_no_lock_is_inside_another_that_is_told() -> None:
    assert lock_order(world("OneByOne"), EVERYTHING).message == "no lock is asked for while another is held"
    assert lock_order(world("AnyOrderFamily"), EVERYTHING).message == ""


def test_only_programs_with_two_locks_have_an_order() -> None:
    assert ORDER in properties(world("AbBa"))
    assert ORDER in properties(world("OneByOne"))
    assert ORDER not in properties(increment_race(2))
