# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The JSON document: the published schema, the way back, and what is said about a malformed one."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svmcheck.model.ir.program import Frame
from svmcheck.model.trace import Change, Step, Trace
from svmcheck.reports.json_check import (
    SCHEMA_FILE,
    Check,
    MalformedReport,
    check_from_json,
    check_from_text,
    check_json,
    check_text,
    trace_from_json,
    trace_json,
)
from svmcheck.specs.verdict import Grade, Result, Verdict
from tests.golden import check_golden
from tests.reports.examples import RESULTS, finite, livelock, stuck

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
CHECK = Check("cpu-fault", "g1", (("cpu_threads", 2),), (("generation", "g1"),), RESULTS)


def test_golden() -> None:
    check_golden("json/check.json", check_text(CHECK))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_document_keeps_the_schema() -> None:
    jsonschema.validate(check_json(CHECK), SCHEMA)


def test_the_way_back() -> None:
    back = check_from_text(check_text(CHECK))
    assert check_json(back) == check_json(CHECK)
    assert back.results[:2] == RESULTS[:2]
    assert back.results[2].grade is Grade.ADVERSARIAL


@pytest.mark.parametrize("trace", [livelock(), finite(), stuck()])
def test_a_replay_finds_every_step(trace: Trace) -> None:
    back = trace_from_json(json.loads(json.dumps(trace_json(trace))))
    assert [(s.process, s.edge, s.changes) for s in back.steps] == [(s.process, s.edge, s.changes) for s in trace.steps]
    assert (back.initial, back.loop, back.start, back.actors) == (trace.initial, trace.loop, trace.start, trace.actors)


NAMES = st.text(max_size=8)
FRAMES = st.builds(lambda f, n: (Frame(f, n, 1, n, 1, ""),), NAMES, st.integers(1, 9999)) | st.just(())
CHANGES = st.lists(st.builds(Change, NAMES, NAMES, NAMES), max_size=4, unique_by=lambda c: c.name).map(tuple)
STEPS = st.builds(Step, NAMES, st.integers(-1, 9), st.integers(-1, 99), NAMES, FRAMES, CHANGES)
CELLS = st.lists(st.tuples(NAMES, NAMES), max_size=5, unique_by=lambda c: c[0]).map(tuple)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    steps = tuple(draw(st.lists(STEPS, max_size=6)))
    loop = draw(st.none() | st.integers(0, len(steps) - 1)) if steps else None
    actors = tuple(draw(st.lists(NAMES, max_size=4)))
    return Trace(draw(st.integers(0, 9)), draw(CELLS), actors, steps, loop, draw(NAMES))


@st.composite
def results(draw: st.DrawFn) -> Result:
    counts = [draw(st.integers(0, 10**12)) for _ in range(3)]
    seconds = draw(st.floats(0, 1e9))
    name = draw(st.text(min_size=1, max_size=8))
    return Result(
        name, draw(NAMES), draw(st.sampled_from(Verdict)), draw(NAMES), *counts, seconds,
        draw(st.none() | st.sampled_from(Grade)), tuple(draw(st.lists(NAMES, max_size=3))), draw(NAMES),
        draw(st.none() | traces()),
    )  # fmt: skip


@given(traces())
def test_every_trace_comes_back(trace: Trace) -> None:
    assert trace_from_json(json.loads(json.dumps(trace_json(trace)))) == trace


@given(st.builds(Check, NAMES, st.none() | NAMES, st.just(()), CELLS, st.lists(results(), max_size=3).map(tuple)))
def test_every_check_comes_back_and_keeps_the_schema(check: Check) -> None:
    text = check_text(check)
    assert check_from_text(text) == check
    jsonschema.validate(json.loads(text), SCHEMA)


def edited(path: list[Any], value: object) -> dict[str, object]:
    """The document with the value at ``path`` replaced, or taken away if it is ``...``."""
    document: Any = copy.deepcopy(check_json(CHECK))
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


STEP = ["results", 2, "trace", "steps", 0]
MISTAKES = {
    "document.schema is 'svmcheck/check/2'": (["schema"], "svmcheck/check/2"),
    "document: the field 'target' is missing": (["target"], ...),
    "document.sizes['cpu_threads']: expected an integer of at least 0, found true": (["sizes", "cpu_threads"], True),
    "document.results[0].verdict: expected one of 'PROVED'": (["results", 0, "verdict"], "OK"),
    "document.results[2].grade: expected one of 'adversarial'": (["results", 2, "grade"], "bad"),
    "document.results[0].seconds: expected a finite number": (["results", 0, "seconds"], -1),
    "document.results[2].trace.loop: expected an index below 16, found 16": (["results", 2, "trace", "loop"], 16),
    "document.results[2].trace.steps[0].edge: expected an integer of at least -1": ([*STEP, "edge"], "7"),
    "document.results[2].trace.steps[0].changes: expected an object": ([*STEP, "changes"], []),
    "document.results[2].trace.steps[0].changes['a']: expected [before, after]": ([*STEP, "changes", "a"], ["x"]),
    "document.results[2].trace.steps[0].source.line: expected an integer of at least 1": ([*STEP, "source", "line"], 0),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_what_is_said_about_a_mistake(message: str) -> None:
    with pytest.raises(MalformedReport) as caught:
        check_from_json(edited(*MISTAKES[message]))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_no_json(text: str) -> None:
    with pytest.raises(MalformedReport, match="not a JSON document"):
        check_from_text(text)


KEYS = NAMES | st.sampled_from(sorted(trace_json(finite())))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=10,
)


@given(JSON)
def test_any_value_is_a_trace_or_a_complaint(value: object) -> None:
    with pytest.raises(ValueError, match=r"^trace"):
        trace_from_json(value)
