# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The document of ``svmcheck check --json``, and back: ``svmcheck replay FILE`` reads the trace from it.

The shape is published as ``reports/schemas/check-1.json``. Of a step's call chain only the place shown to people is
kept; a replay takes the process and edge numbers from the document and finds the rest in the program.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar, cast

from ..model.ir.program import Frame
from ..model.trace import Change, Step, Trace
from ..specs.verdict import Grade, Result, Verdict
from .source import shown_frame

SCHEMA = "svmcheck/check/1"
SCHEMA_FILE = Path(__file__).parent / "schemas" / "check-1.json"

E = TypeVar("E", bound=Enum)


class MalformedReport(ValueError):
    """A document that is not of the published shape; the message names the place in it and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Check:
    """One run of ``svmcheck check``. ``variant`` is None for a protocol as written, or with options set one by one."""

    target: str
    variant: str | None
    sizes: tuple[tuple[str, int], ...]
    options: tuple[tuple[str, str], ...]
    results: tuple[Result, ...]


def check_text(check: Check) -> str:
    """The document as text; ends with a newline."""
    return json.dumps(check_json(check), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def check_json(check: Check) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "target": check.target,
        "variant": check.variant,
        "sizes": dict(check.sizes),
        "options": dict(check.options),
        "results": [result_json(result) for result in check.results],
    }


def result_json(result: Result) -> dict[str, object]:
    return {
        "property": result.property,
        "kind": result.kind,
        "verdict": result.verdict.value,
        "grade": result.grade.value if result.grade else None,
        "engine": result.engine,
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "seconds": result.seconds,
        "assumptions": list(result.assumptions),
        "message": result.message,
        "trace": trace_json(result.trace) if result.trace else None,
    }


def trace_json(trace: Trace) -> dict[str, object]:
    return {
        "initial": trace.initial,
        "start": dict(trace.start),
        "actors": list(trace.actors),
        "violation": trace.violation,
        "steps": [_step_json(step) for step in trace.steps],
        "loop": trace.loop,
    }


def _step_json(step: Step) -> dict[str, object]:
    frame = shown_frame(step.frames)
    return {
        "actor": step.actor,
        "process": step.process,
        "edge": step.edge,
        "label": step.label,
        "source": {"file": frame.file, "line": frame.line} if frame else None,
        "changes": {change.name: [change.before, change.after] for change in step.changes},
    }


def check_from_text(text: str) -> Check:
    """Reads what ``check_text`` wrote. Raises MalformedReport, also for text that is no JSON."""
    try:
        value: object = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise MalformedReport(f"not a JSON document: {error}") from None
    return check_from_json(value)


def check_from_json(value: object) -> Check:
    root = Node(value, "document")
    schema = root.get("schema").text()
    if schema != SCHEMA:
        raise MalformedReport(f"document.schema is '{schema}': this version of svmcheck reads '{SCHEMA}'")
    variant = root.get("variant")
    return Check(
        target=root.get("target").text(),
        variant=None if variant.value is None else variant.text(),
        sizes=tuple((name, node.integer()) for name, node in root.get("sizes").entries()),
        options=tuple((name, node.text()) for name, node in root.get("options").entries()),
        results=tuple(_result(node) for node in root.get("results").items()),
    )


def trace_from_json(value: object) -> Trace:
    """Reads what ``trace_json`` wrote. Raises MalformedReport."""
    return _trace(Node(value, "trace"))


def _result(node: Node) -> Result:
    grade, trace = node.get("grade"), node.get("trace")
    return Result(
        property=node.get("property").text(),
        kind=node.get("kind").text(),
        verdict=node.get("verdict").member(Verdict),
        engine=node.get("engine").text(),
        states=node.get("states").integer(),
        transitions=node.get("transitions").integer(),
        depth=node.get("depth").integer(),
        seconds=node.get("seconds").number(),
        grade=None if grade.value is None else grade.member(Grade),
        assumptions=tuple(item.text() for item in node.get("assumptions").items()),
        message=node.get("message").text(),
        trace=None if trace.value is None else _trace(trace),
    )


def _trace(node: Node) -> Trace:
    steps = tuple(_step(item) for item in node.get("steps").items())
    loop = node.get("loop")
    start = loop.index(len(steps)) if loop.value is not None else None
    return Trace(
        initial=node.get("initial").integer(),
        start=tuple((name, cell.text()) for name, cell in node.get("start").entries()),
        actors=tuple(item.text() for item in node.get("actors").items()),
        steps=steps,
        loop=start,
        violation=node.get("violation").text(),
    )


def _step(node: Node) -> Step:
    source = node.get("source")
    return Step(
        actor=node.get("actor").text(),
        process=node.get("process").integer(lowest=-1),
        edge=node.get("edge").integer(lowest=-1),
        label=node.get("label").text(),
        frames=() if source.value is None else (_frame(source),),
        changes=tuple(_change(name, cell) for name, cell in node.get("changes").entries()),
    )


def _frame(node: Node) -> Frame:
    line = node.get("line").integer(lowest=1)
    return Frame(node.get("file").text(), line, 1, line, 1, "")


def _change(name: str, node: Node) -> Change:
    values = node.items()
    if len(values) != 2:
        raise MalformedReport(f"{node.path}: expected [before, after], found {len(values)} values")
    return Change(name, values[0].text(), values[1].text())


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document with its place, so that every complaint can name it."""

    value: object
    path: str

    def _be(self, wanted: str, test: Callable[[object], bool]) -> object:
        if not test(self.value):
            shown = json.dumps(self.value, default=repr)
            shown = shown if len(shown) <= 40 else shown[:37] + "..."
            raise MalformedReport(f"{self.path}: expected {wanted}, found {shown}")
        return self.value

    def _object(self) -> Mapping[str, object]:
        return cast("Mapping[str, object]", self._be("an object", lambda v: isinstance(v, dict)))

    def get(self, key: str) -> Node:
        fields = self._object()
        if key not in fields:
            raise MalformedReport(f"{self.path}: the field '{key}' is missing")
        return Node(fields[key], f"{self.path}.{key}")

    def entries(self) -> tuple[tuple[str, Node], ...]:
        return tuple((key, Node(value, f"{self.path}[{key!r}]")) for key, value in self._object().items())

    def items(self) -> tuple[Node, ...]:
        values = cast("list[object]", self._be("a list", lambda v: isinstance(v, list)))
        return tuple(Node(value, f"{self.path}[{number}]") for number, value in enumerate(values))

    def text(self) -> str:
        return cast("str", self._be("a text", lambda v: isinstance(v, str)))

    def integer(self, lowest: int = 0) -> int:
        wanted = f"an integer of at least {lowest}"
        return cast("int", self._be(wanted, lambda v: type(v) is int and v >= lowest))

    def index(self, length: int) -> int:
        return cast("int", self._be(f"an index below {length}", lambda v: type(v) is int and 0 <= v < length))

    def number(self) -> float:
        wanted = "a finite number of at least 0"
        value = cast("float", self._be(wanted, lambda v: type(v) in (int, float) and 0 <= cast("float", v) < math.inf))
        return float(value)

    def member(self, members: type[E]) -> E:
        values = {m.value: m for m in members}
        known = ", ".join(repr(v) for v in values)
        return values[cast("str", self._be(f"one of {known}", lambda v: isinstance(v, str) and v in values))]
