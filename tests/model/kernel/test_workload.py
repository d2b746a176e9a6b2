# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Workloads that hypothesis makes up: the kernel survives them, and what breaks a broken one shrinks to little."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.runtime import Failure, Run, Runtime
from svmcheck.checker.schedule.strategies.pos import Pos
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.checker.schedule.strategy import Strategy
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.workload import KINDS, PAGES, Operation, Plan, build, random_plan

# Without this a GPU fault after fork() may go on for ever: docs/findings.md.
SOUND = {"own_device_pages": "faulted-for-write"}

operations = st.builds(Operation, st.sampled_from(KINDS), st.integers(0, PAGES - 1), st.integers(1, 3))
plans = st.lists(st.lists(operations, min_size=1, max_size=5).map(tuple), min_size=1, max_size=3).map(tuple)


def first_failure(plan: Plan, strategy: Strategy, **options: object) -> Failure | None:
    """Of the strategy's runs; a run that is too long is one too."""
    config = Config(**{**SOUND, **options})  # type: ignore[arg-type]
    runtime = Runtime(Greenlets(), strategy, most_steps=5_000)
    while strategy.begin(runtime):
        run: Run = runtime.run(lambda: build(config, plan))
        if run.failure is not None:
            return run.failure
        assert run.end == "done", [str(task) for task in runtime.unfinished]
    return None


@settings(max_examples=25, deadline=None, derandomize=True)
@given(plans, st.integers(0, 1_000))
def test_the_kernel_survives(plan: Plan, seed: int) -> None:
    assert first_failure(plan, RandomWalk(seed, 4)) is None
    assert first_failure(plan, Pos(seed, 4)) is None


BROKEN = [
    ({"tlb_flush": "skipped"}, "gpu-mapping", 4),
    ({"dma_unmap": "skipped"}, "dma", 4),
    ({"zap": "skipped"}, "gpu-mapping", 4),
]


@pytest.mark.parametrize(("options", "check", "most"), BROKEN, ids=lambda value: str(value))
def test_what_breaks_a_rule_shrinks(options: dict[str, str], check: str, most: int) -> None:
    """The smallest workload that hypothesis finds has at most ``most`` operations."""

    def fails(make: Callable[[], Strategy]) -> Callable[[Plan], bool]:
        def failing(plan: Plan) -> bool:
            failure = first_failure(plan, make(), **options)
            return failure is not None and failure.check == check

        return failing

    quick = settings(
        max_examples=300, deadline=None, derandomize=True, database=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    smallest = find(plans, fails(lambda: RandomWalk(1, 20)), settings=quick)
    assert sum(map(len, smallest)) <= most, smallest


def test_a_plan_is_told_by_its_numbers() -> None:
    assert random_plan(7, 2, 5) == random_plan(7, 2, 5)
    assert random_plan(7, 2, 5) != random_plan(8, 2, 5)
    assert [len(task) for task in random_plan(7, 2, 5)] == [5, 5]
