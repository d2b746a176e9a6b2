# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Counterexamples tell what the source did: a local that the compiler resets keeps its value there."""

from __future__ import annotations

from svmcheck.model.ir.program import shown_frame
from svmcheck.model.semantics import Semantics

from .small import Small, explored, sample

WORLD = "n = bounded(0, 9)\nm = bounded(0, 9)\nbad = flag()"
BAD = "@invariant\ndef fine(k: Demo) -> bool:\n    return not k.bad"


def found(body: str, **parts: str) -> Small:
    return explored(sample(body, WORLD, end=BAD, **{"actor": "1", **parts}))


def told(program: Small, name: str = "seen") -> list[str]:
    """What the counterexample tells of one local, step by step."""
    trace = program.decide()["fine"].trace
    assert trace is not None
    return [f"{c.before} {c.after}" for step in trace.steps for c in step.changes if f".{name}" in c.name]


def resets(program: Small) -> int:
    edges = [e for p in Semantics(program.program).program.processes for e in p.edges]
    return sum(u.reset for e in edges for u in e.updates)


def test_a_local_that_dies_is_no_change() -> None:
    program = found("k.n = 5\nseen = k.n\nk.m = seen\nk.m = 0\nk.bad = True")
    assert resets(program) >= 1
    assert told(program) == ["0 5"]


def test_what_is_stored_next_begins_where_the_source_left_it() -> None:
    program = found("k.n = 5\nseen = k.n\nk.m = seen\nk.n = 7\nseen = k.n\nk.m = seen\nk.bad = True")
    assert resets(program) >= 1
    assert told(program) == ["0 5", "5 7"]


def test_a_store_of_what_it_was_reset_to_is_told() -> None:
    program = found("k.n = 5\nseen = k.n\nk.m = seen\nk.n = 0\nseen = k.n\nk.m = seen\nk.bad = True")
    assert told(program) == ["0 5", "5 0"]


def test_another_instance_keeps_its_own() -> None:
    body = "seen = k.n\nk.m = seen\nk.n = 3\nif k.m == 3:\n    k.bad = True"
    trace = found(body, actor="2").decide()["fine"].trace
    assert trace is not None
    values: dict[str, str] = dict(trace.start)
    for step in trace.steps:
        for change in step.changes:
            assert values[change.name] == change.before  # one unbroken chain for each cell
            values[change.name] = change.after
            assert ".seen" not in change.name or change.after != "0"


def test_a_reference_that_nobody_follows_any_more_does_not_come_to_dangle() -> None:
    body = "p = k.job\nk.n = 1\nif p != null:\n    p.listed = True\nk.n = 2"
    other = """


@process
def other(k: Demo) -> None:
    wait(k.n == {n})
    q = k.job
    k.jobs.free(q)
    k.bad = True
    k.last = q"""
    fields = f"{WORLD}\njobs = pool(Job, 1)\njob = ref(Job)\nlast = ref(Job)"
    first = "\n\n\n@initial\ndef one(k: Demo) -> None:\n    k.job = k.jobs.alloc()"
    for n, changes in ((1, ["null jobs[0]", "jobs[0] dangling jobs[0]"]), (2, ["null jobs[0]"])):
        program = explored(sample(body, fields, top=JOB, end=BAD + first + other.replace("{n}", str(n)), actor="1"))
        assert told(program, "p") == changes
        assert told(program, "q") == ["null jobs[0]", "jobs[0] dangling jobs[0]"]  # it is stored once more


JOB = "class Job(Record):\n    listed = flag()"
FIRST = "\n\n\n@initial\ndef one(k: Demo) -> None:\n    k.jobs.alloc()"


def steps(program: Small) -> list[tuple[int, str]]:
    """The line that is shown, counted from the first of them, and the label of each step of the counterexample."""
    trace = program.decide()["fine"].trace
    assert trace is not None
    frames = [shown_frame(step.frames) for step in trace.steps]
    first = min(frame.line for frame in frames if frame)
    return [(frame.line - first, step.label) for step, frame in zip(trace.steps, frames, strict=True) if frame]


def test_every_record_of_a_loop_is_looked_at_by_its_own_line() -> None:
    body = "for j in k.jobs:\n    if j.listed:\n        k.n = 1\n        break\nk.bad = True"
    program = explored(sample(body, f"{WORLD}\njobs = pool(Job, 2)", top=JOB, end=BAD + FIRST, actor="1"))
    assert steps(program) == [
        (0, "for j in k.jobs: jobs[0] allocated"),
        (1, "j.listed: false"),
        (0, "for j in k.jobs: jobs[1] not allocated"),
        (4, "k.bad = True"),
    ]


def test_the_end_of_a_section_is_told_from_its_beginning() -> None:
    lock = "class Gate(Record):\n    open = flag()\n\n    @section\n    def hold(self) -> Iterator[None]:\n"
    lines = ["self.open = True", "yield", "self.open = False"]
    lock += "".join(f"        {line}\n" for line in lines)
    own = explored(sample("with k.g.hold():\n    k.n = 1\nk.bad = True", f"{WORLD}\ng = Gate()", top=lock, end=BAD,
                          actor="1"))  # fmt: skip
    assert [label for _, label in steps(own)][:3] == ["self.open = True", "k.n = 1", "self.open = False"]
    shipped = explored(sample("with k.w.run_once():\n    k.n = 1\nk.bad = True", f"{WORLD}\nw = Work()", end=BAD + """


@process
def queuer(k: Demo) -> None:
    k.w.queue()""", actor="1"))  # fmt: skip
    labels = [label for _, label in steps(shipped)]
    assert labels[1:4] == ["k.w.run_once()", "k.n = 1", "k.w.run_once(): exit"]
