# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Counterexamples tell what the source did: a local that the compiler resets keeps its value there."""

from __future__ import annotations

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
