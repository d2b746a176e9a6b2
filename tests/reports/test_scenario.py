# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A session of runs on a terminal and as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import jsonschema
import pytest
from rich.console import Console

from svmcheck.reports.json_check import MalformedReport
from svmcheck.reports.json_run import SCHEMA_FILE, Example, ScenarioRun, run_json, run_text, tokens_from_json
from svmcheck.reports.scenario import report
from svmcheck.specs.verdict import Grade, Result, Verdict
from tests.reports.examples import livelock

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
TOKEN = "svmrun1." + "a" * 150


def result(name: str, kind: str, verdict: Verdict, message: str = "", **more: object) -> Result:
    return Result(name, kind, verdict, "states", 10, 12, 8, 0.5, message=message, **more)  # pyright: ignore[reportArgumentType]


BROKEN = result("fault-completes", "livelock", Verdict.VIOLATED, "never", grade=Grade.ADVERSARIAL, trace=livelock())
RUN = ScenarioRun(
    "cpu-fault",
    (("generation", "g1"),),
    (("cpu_threads", 2),),
    "states",
    None,
    12,
    345,
    False,
    (
        BROKEN,
        replace(BROKEN, property="system-progress"),
        result("double-free", "lifetime", Verdict.HOLDS, assumptions=("hashes",)),
        result("deadlock", "deadlock", Verdict.HOLDS, assumptions=("hashes",)),
        result("lost-progress", "bound", Verdict.SAMPLED, "never more"),
    ),
    (Example("fault-completes", TOKEN, "1*3 2", 1), Example("system-progress", TOKEN, "1*3 2", 1)),
)


def shown(run: ScenarioRun, width: int = 100, **more: bool) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, highlight=False).print(report(run, **more), crop=False)
    return stream.getvalue()


def test_the_document_is_of_the_published_shape() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(run_text(RUN))
    jsonschema.validate(document, SCHEMA)
    assert document["results"][0]["run"]["token"] == TOKEN
    assert document["results"][2]["run"] is None


@pytest.mark.parametrize("field", ["schema", "scenario", "strategy", "seed", "runs", "results"])
def test_the_schema_notices_what_is_missing(field: str) -> None:
    document = run_json(RUN)
    del document[field]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_tokens_are_read_from_a_document() -> None:
    assert tokens_from_json(run_json(RUN)) == (("fault-completes", TOKEN), ("system-progress", TOKEN))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "expected an object"),
        ({}, "'schema' is missing"),
        ({"schema": "svmcheck/check/1"}, "reads 'svmcheck/run/1'"),
        ({"schema": "svmcheck/run/1", "results": [{}]}, "document.results[0]: the field 'run' is missing"),
        ({"schema": "svmcheck/run/1", "results": [{"run": {}, "property": "p"}]}, "'token' is missing"),
    ],
)
def test_a_malformed_document_is_told(document: object, message: str) -> None:
    with pytest.raises(MalformedReport) as error:
        tokens_from_json(document)
    assert message in str(error.value)


def test_checks_with_one_verdict_share_a_row() -> None:
    text = shown(RUN)
    assert "double-free, deadlock" in text
    assert text.count("HOLDS") == 1
    assert "VIOLATED (adversarial)" in text


def test_one_run_is_shown_once() -> None:
    text = shown(RUN)
    assert "system-progress: the same run as fault-completes" in text
    assert text.count("repeat") == shown(replace(RUN, results=RUN.results[:1])).count("repeat")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_token_is_never_broken(width: int) -> None:
    assert shown(RUN, width).count(f"svmcheck replay {TOKEN}\n") == 2


def test_every_step_can_be_asked_for() -> None:
    trace = livelock()
    merged = replace(trace, steps=(*trace.steps, replace(trace.steps[-1], label="one more")))
    run = replace(RUN, results=(replace(BROKEN, trace=merged),), examples=())
    first, last = (f"●─ {step.label}" for step in merged.steps[-2:])
    assert last in shown(run, 200, every_step=True)
    assert last not in shown(run, 200)
    assert first in shown(run, 200)


def test_many_checks_are_counted_in_the_table_and_listed_below() -> None:
    many = tuple(result(f"check-{n}", "lifetime", Verdict.SAMPLED, "no violation in 9 runs") for n in range(7))
    text = shown(replace(RUN, results=many))
    assert "7 checks SAMPLED no violation in 9 runs" in " ".join(text.split())
    assert "7 checks: check-0, check-1, check-2" in text


def test_what_was_done_is_told_in_one_line() -> None:
    assert shown(RUN).splitlines()[0].strip() == "states: 12 runs, 345 steps, 10 states, 0.50 s"
    sampled = replace(RUN, strategy="pos", seed=7, runs=1, results=())
    assert shown(sampled).splitlines()[0].strip() == "pos, seed 7: 1 run, 345 steps, 0.00 s"
