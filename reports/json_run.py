# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The document of ``svmcheck run --json`` (``reports/schemas/run-1.json``), from which ``svmcheck replay`` reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..specs.verdict import Result
from .json_check import MalformedReport, Node, result_json
from .slices import slices

SCHEMA = "svmcheck/run/1"
SCHEMA_FILE = Path(__file__).parent / "schemas" / "run-1.json"


@dataclass(frozen=True, slots=True)
class Example:
    """How to see a violation again: its token, and its decisions as text (the loop begins at decision ``loop``)."""

    property: str
    token: str
    decisions: str
    loop: int | None


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """One ``svmcheck run``. ``seed``: None for a strategy that has none. ``points``: steps of all runs. ``complete``:
    nothing was left to try, or all the runs asked for were made. ``notes``: what limits the verdicts, in sentences.
    ``remarks``: what was not asked at all."""

    scenario: str
    options: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]
    strategy: str
    seed: int | None
    runs: int
    points: int
    complete: bool
    results: tuple[Result, ...]
    examples: tuple[Example, ...]
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def example(self, name: str) -> Example | None:
        return next((e for e in self.examples if e.property == name), None)


def run_text(run: ScenarioRun) -> str:
    """The document as text; ends with a newline."""
    return json.dumps(run_json(run), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def run_json(run: ScenarioRun) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "scenario": run.scenario,
        "options": dict(run.options),
        "sizes": dict(run.sizes),
        "strategy": run.strategy,
        "seed": run.seed,
        "runs": run.runs,
        "points": run.points,
        "complete": run.complete,
        "notes": list(run.notes),
        "remarks": list(run.remarks),
        "results": [{**result_json(r), "run": _example_json(r, run.example(r.property))} for r in run.results],
    }


def _example_json(result: Result, example: Example | None) -> dict[str, object] | None:
    if example is None:
        return None
    parts = slices(result.trace) if result.trace else ()
    return {
        "token": example.token,
        "decisions": example.decisions,
        "loop": example.loop,
        "slices": [{"actor": p.actor, "first": p.first, "operations": list(p.operations)} for p in parts],
    }


def tokens_from_json(value: object) -> tuple[tuple[str, str], ...]:
    """Property and token of each counterexample in a document. Raises MalformedReport."""
    root = Node(value, "document")
    schema = root.get("schema").text()
    if schema != SCHEMA:
        raise MalformedReport(f"document.schema is '{schema}': this version of svmcheck reads '{SCHEMA}'")
    found: list[tuple[str, str]] = []
    for result in root.get("results").items():
        example = result.get("run")
        if example.value is not None:
            found.append((result.get("property").text(), example.get("token").text()))
    return tuple(found)
