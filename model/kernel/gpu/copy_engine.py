# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Engines of the device: jobs that run one after the other beside the CPUs, each with a fence that signals its end."""

from __future__ import annotations

from collections.abc import Callable

from .. import sched
from ..object import Kobject
from ..sched import AWAIT, WRITE, Op, point
from ..sync.fence import Fence


class Job:
    """``run`` does the work, one point before each step; ``fence`` signals after it. ``after``: its dependencies."""

    def __init__(self, run: Callable[[], None], fence: Fence, after: tuple[Fence, ...]) -> None:
        self.run = run
        self.fence = fence
        self.after = after


class Engine(Kobject):
    """drm_sched_entity and the ring behind it: an ordered queue with one daemon task."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.jobs: list[Job] = []
        key = (self.oid, "jobs")
        self._submit_op = Op(f"{name}: submit job", key, WRITE)
        self._take_op = Op(f"{name}: take job", key, AWAIT, self._any)
        self._key = key
        sched.spawn(name, self._work, daemon=True)

    def _any(self) -> bool:
        return bool(self.jobs)

    def submit(self, what: str, run: Callable[[], None], after: tuple[Fence, ...] = ()) -> Fence:
        """The job's fence; the job waits for the fences ``after`` first. In a scenario's set-up it is done at once."""
        point(self._submit_op)
        fence = Fence(what)
        if sched.current().number == 0:
            run()
            fence.signal()
            return fence
        self.jobs.append(Job(run, fence, after))
        return fence

    def _work(self) -> None:
        while True:
            point(self._take_op)
            sched.also(self._key, WRITE)
            job = self.jobs.pop(0)
            for fence in job.after:
                fence.wait()
            job.run()
            job.fence.signal()
