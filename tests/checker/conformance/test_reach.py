# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Steps of a protocol that sampling has not met are met by driving the kernel to them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from svmcheck.checker.conformance.conform import Conformance, chosen_for, conform_runs, view_of
from svmcheck.checker.conformance.reach import reach, way_to
from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel.abstraction import load
from svmcheck.model.run import run

ABSTRACTIONS = load()


@pytest.mark.parametrize(
    ("protocol", "options", "sizes", "sampled"),
    [
        ("cpu-fault", {"generation": "g1"}, {"cpu_threads": 2}, 2),
        ("cpu-fault", {"generation": "g3"}, {"cpu_threads": 3}, 1),
        ("eviction", {}, {"cpu_threads": 1}, 20),
    ],
)
def test_all_steps_are_met(
    protocol: str, options: Mapping[str, str], sizes: Mapping[str, int], sampled: int
) -> None:
    chosen = chosen_for(ABSTRACTIONS[protocol], options, sizes)
    result = Conformance(view_of(ABSTRACTIONS[protocol], chosen))
    for _ in conform_runs(result, chosen, RandomWalk(1, sampled)):
        pass
    missed = result.missed(ReferenceEngine())
    assert missed
    assert reach(result, chosen, missed, ReferenceEngine(), Limits()) == []
    assert result.covered.issuperset(missed)
    assert not result.differences


def test_steps_that_the_kernel_does_not_have_are_left_out() -> None:
    chosen = chosen_for(ABSTRACTIONS["eviction"], {}, {"cpu_threads": 1})
    result = Conformance(view_of(ABSTRACTIONS["eviction"], chosen))
    never = {("evictor", number) for number in range(20) if result.why_never(("evictor", number))}
    assert len(never) == len(ABSTRACTIONS["eviction"].never)
    assert never.isdisjoint(result.missed(ReferenceEngine()))


def test_the_way_to_a_step_ends_with_it() -> None:
    view = view_of(ABSTRACTIONS["cpu-fault"], chosen_for(ABSTRACTIONS["cpu-fault"], {"generation": "g1"}))
    (process,) = [p for p in view.program.processes if p.count]
    for number in range(len(process.edges)):
        schedule = way_to(view.program, (process.name, number), ReferenceEngine(), Limits())
        if schedule is not None:
            assert schedule.steps[-1][1] == number
            assert len(run(view.semantics, schedule).states) == len(schedule.steps) + 1


def test_a_step_that_the_kernel_does_not_take_stays_unmet() -> None:
    """The kernel has no fault that is refused; only a protocol of another generation sleeps on the page."""
    abstraction = ABSTRACTIONS["cpu-fault"]
    other = view_of(abstraction, chosen_for(abstraction, {"generation": "g3"}))
    kernel = chosen_for(abstraction, {"generation": "g0"}, {"cpu_threads": 1})
    result = Conformance(other)
    missed = result.missed(ReferenceEngine())
    left = reach(result, kernel, missed[-2:], ReferenceEngine(), Limits())
    assert left == missed[-2:]
