# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Parallel jobs: every one is answered for, whatever becomes of its worker."""

from __future__ import annotations

import os
import signal

import pytest

from svmcheck.checker.engine import Progress, Tick
from svmcheck.checker.workers import Died, Done, JobError, run_all


def square(job: int, progress: Progress) -> int:
    progress(Tick("squaring", job, 0, 0, 0, 0.0))
    if job < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if job == 13:
        raise ValueError("unlucky")
    return job * job


def quiet(number: int, tick: Tick) -> None: ...


@pytest.mark.parametrize("workers", [1, 3])
def test_every_job_is_done_once(workers: int) -> None:
    ticks: dict[int, int] = {}
    events = list(run_all([5, 6, 7, 8], square, workers, lambda n, tick: ticks.update({n: tick.states})))
    assert {e.number: e for e in events} == {n: Done(n, j * j) for n, j in enumerate([5, 6, 7, 8])}
    assert len(events) == 4
    assert ticks[0] == 5


def test_a_dead_worker_costs_only_its_job() -> None:
    events = list(run_all([-1, 2, -3, 4], square, 2, quiet))
    assert {e.number: e for e in events} == {0: Died(0, -9), 1: Done(1, 4), 2: Died(2, -9), 3: Done(3, 16)}


def test_an_exception_reaches_the_caller_with_its_traceback() -> None:
    with pytest.raises(JobError, match=r"in square[\s\S]*ValueError: unlucky"):
        list(run_all([1, 13], square, 2, quiet))
    with pytest.raises(ValueError, match="unlucky"):
        list(run_all([13], square, 1, quiet))


def test_no_jobs_no_events() -> None:
    assert list(run_all([], square, 4, quiet)) == []
