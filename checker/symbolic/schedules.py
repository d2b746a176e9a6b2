# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Schedules to order: find a run in which given events happen in a given order, from a description of the events.

    find_schedule(program, Pattern((event("cpu_fault[0]", "trylock"), event("cpu_fault[1]", "m.ptl.lock()"),
                                    event("cpu_fault[0]", "unlock")), switches=2, ends={"maps[0].pte": "RAM"}))

"A happens between B and C" is the order (B, A, C); "and D does not meanwhile" is (B, never(D), A, never(D), C).
The answer is the shortest such run, replayed by the reference interpreter, or "not within so many steps".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...model.ir.expr import Expr
from ...model.ir.program import Edge, Program
from ...model.replay import replay
from ...model.semantics import Semantics
from ...model.trace import Trace
from .order import in_order
from .state import Members
from .switches import few_switches
from .transition import Model
from .unroll import Monitor, Runs

DEFAULT_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Event:
    """A step, by who takes it and what it is; what is empty or None does not matter.

    ``actor``: a process (``cpu_fault[0]``), or a class of which any does. ``text``: part of the step's label. ``line``:
    a source line of the step or of a call that led to it. ``mark``: a cover label that the step passes.
    """

    actor: str = ""
    text: str = ""
    line: int | None = None
    mark: str = ""

    def matches(self, name: str, class_: str, edge: Edge) -> bool:
        return (
            self.actor in ("", name, class_)
            and self.text in edge.label
            and (self.line is None or any(frame.line == self.line for frame in edge.frames))
            and (not self.mark or self.mark in edge.marks)
        )


@dataclass(frozen=True, slots=True)
class Never:
    """No such step happens between the events before and after this in the order."""

    event: Event


@dataclass(frozen=True, slots=True)
class Pattern:
    """``order``: events that happen one after the other, other steps between them. ``never``: events that do not
    happen at all. ``switches``: how often at most another process than the last one moves. ``ends``: what holds in the
    last state, as an IR expression, or as the shown value of cells by the names that traces use.
    """

    order: tuple[Event | Never, ...] = ()
    never: tuple[Event, ...] = ()
    switches: int | None = None
    ends: Expr | Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``trace``: the shortest run with the pattern, or None. ``depth``: its length, or how far was looked.

    ``everywhere``: without a trace, that no run of any length has the pattern.
    """

    trace: Trace | None
    depth: int
    everywhere: bool = False

    @property
    def message(self) -> str:
        if self.trace is not None:
            return f"found in {self.depth} steps"
        return "in no run" if self.everywhere else f"not within {self.depth} steps"


class PatternError(ValueError):
    """A pattern names something that the program does not have."""


def event(actor: str = "", text: str = "", *, line: int | None = None, mark: str = "") -> Event:
    return Event(actor, text, line, mark)


def never(actor: str = "", text: str = "", *, line: int | None = None, mark: str = "") -> Never:
    return Never(Event(actor, text, line, mark))


def find_schedule(
    program: Program, pattern: Pattern, depth: int = DEFAULT_DEPTH, seconds: float | None = None
) -> Answer:
    """The shortest run of at most ``depth`` steps with the pattern.

    Raises PatternError; OutOfTime if one question to the solver takes longer than ``seconds``; Unsupported if the
    program is beyond the encoding.
    """
    model = Model(program)
    done, monitor = _monitor(model, pattern)
    ends = _condition(model, pattern.ends)
    asks = model.circuit.variable()
    runs = Runs(model, monitor)
    goal = runs.solver.template(model.circuit.clauses([(-asks, done), (-asks, ends)]))
    while True:
        runs.solver.add(goal, runs.length)
        if runs.solver.satisfiable([(runs.length, asks)], seconds):
            return Answer(replay(Semantics(program), runs.schedule()), runs.length)
        if runs.at_an_end(seconds, surely=runs.length >= depth):
            return Answer(None, runs.length, everywhere=True)
        if runs.length >= depth:
            return Answer(None, depth)
        runs.extend()


def _monitor(model: Model, pattern: Pattern) -> tuple[int, Monitor]:
    """The literal that the order is complete, and what keeps count of it."""
    events: list[int] = []
    banned: list[list[int]] = [[]]
    for item in pattern.order:
        if isinstance(item, Never):
            banned[-1].append(_fires(model, item.event))
        else:
            events.append(_fires(model, item))
            banned.append([])
    done, ordered = in_order(model.circuit, events, banned)
    parts = [ordered]
    if pattern.switches is not None:
        parts.append(few_switches(model, pattern.switches))
    forbidden = tuple((-_fires(model, item),) for item in pattern.never)
    return done, Monitor(
        {after: before for part in parts for after, before in part.successor.items()},
        tuple(demand for part in parts for demand in part.first),
        (*forbidden, *(demand for part in parts for demand in part.step)),
    )


def _fires(model: Model, wanted: Event) -> int:
    """The literal that a step is the event."""
    names = model.layout.names
    classes = [process.name for process, _ in model.layout.instances]
    found = [m.fires for m in model.moves if wanted.matches(names[m.instance], classes[m.instance], m.edge)]
    if not found:
        raise PatternError(f"no step of {model.program.name} is {wanted}; actors are {', '.join(names)}")
    return model.circuit.any_of(found)


def _condition(model: Model, ends: Expr | Mapping[str, str] | None) -> int:
    if ends is None:
        return model.circuit.all_of(())
    if not isinstance(ends, Mapping):
        return model.outside.truth(ends)
    return model.circuit.all_of(_shows(model, name, text) for name, text in ends.items())


def _shows(model: Model, name: str, text: str) -> int:
    """The literal that a cell has the value that is shown so."""
    names = model.layout.cell_names()
    position = names.index(name) if name in names else -1
    cell = model.now.cells.get(position)
    if cell is None or isinstance(cell, Members):
        known = ", ".join(names[p] for p, c in model.now.cells.items() if not isinstance(c, Members))
        raise PatternError(f"{model.program.name} has no cell {name!r} with a single value; it has {known}")
    kind = model.shape.types[position]
    literal = next((literal for value, literal in cell.cases.items() if kind.show(value) == text), None)
    if literal is None:
        raise PatternError(f"{name} is never {text!r}, but {', '.join(kind.show(v) for v in cell.cases)}")
    return literal
