# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a search never saw, by line: copies of a line count as one."""

from __future__ import annotations

from svmcheck.reports.coverage import never_taken
from tests.model.lang.small import Small, explored, sample

RECORD = "class Job(Record):\n    listed = flag()"
LOOP = "for j in k.jobs:\n    if j.listed:\n        k.hit = True"
FIRST = "@initial\ndef one(k: Demo) -> None:\n    k.jobs.alloc()"


def program() -> Small:
    return explored(sample(LOOP, "jobs = pool(Job, 3)\nhit = flag()", top=RECORD, end=FIRST, actor="1"))


def lines(small: Small, untaken: list[str]) -> list[str]:
    """``untaken``: the labels of the steps that the search did not see."""
    (process,) = small.program.processes
    edges = [(process.name, n) for n, edge in enumerate(process.edges) if edge.label in untaken]
    assert len({process.edges[n].label for _, n in edges}) == len(untaken)
    return [line.partition(": ")[2] for line in never_taken(small.program, edges, [])]


def test_the_records_of_a_loop_count_as_one() -> None:
    records = [f"for j in k.jobs: jobs[{n}] allocated" for n in range(3)]
    assert lines(program(), records[1:]) == []
    assert lines(program(), records) == ["never taken: for j in k.jobs: allocated"]


def test_an_actor_that_never_moves_is_told_without_its_lines() -> None:
    assert never_taken(program().program, [("worker", 0)], ["worker"]) == ["worker never takes a step"]


def test_the_outcome_of_a_test_in_an_atomic_block_is_named() -> None:
    body = "with atomic():\n    seen = k.hit\n    if seen:\n        k.done = True"
    (process,) = explored(sample(body, "hit = flag()\ndone = flag()", actor="1")).program.processes
    taken, other = (edge.label for edge in process.edges)
    assert taken == "seen = k.hit; seen: true; k.done = True"
    assert other == "seen = k.hit; seen: false"
