# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A schedule, run through the reference interpreter, as a trace that people can read."""

from __future__ import annotations

from dataclasses import dataclass

from .claim import violation_of
from .evaluate import Scope, State, as_closure, cell_position, evaluator
from .ir.layout import cells
from .ir.program import Check, Edge, Frame, shown_frame
from .ir.properties import HELD_AT_END, Property
from .ir.types import Type
from .lock_events import holders
from .run import STAYS, ReplayError, Run, Schedule, run
from .semantics import Semantics
from .source_lines import Sources
from .trace import Change, Step, Trace

__all__ = ["STAYS", "STAYS_LABEL", "ReplayError", "Schedule", "replay"]

STAYS_LABEL = "stays here for ever"


def schedule_of(trace: Trace) -> Schedule:
    """What replays a trace."""
    return Schedule(trace.initial, tuple((step.process, step.edge) for step in trace.steps), trace.loop)


def replay(semantics: Semantics, schedule: Schedule, claim: Property | None = None) -> Trace:
    """The trace of a schedule. With a claim, also a check that the run violates that property.

    Raises ReplayError where a step does not exist, a loop does not close or is not fair, or the claim is not violated.
    """
    played = run(semantics, schedule)
    message = violation_of(semantics, played, claim) if claim else ""
    shown = _visible_cells(semantics)
    states = _as_written(semantics, played)
    holding = holders(semantics, played)
    return Trace(
        initial=schedule.initial,
        start=tuple((cell.name, cell.type.show(played.states[0][cell.position])) for cell in shown),
        actors=semantics.layout.names,
        steps=tuple(_trace_step(semantics, played, states, number, shown) for number in range(len(schedule.steps))),
        loop=schedule.loop,
        violation=message,
        holders=frozenset(cell.name for cell in shown if cell.position in holding),
    )


@dataclass(frozen=True, slots=True)
class _Cell:
    position: int
    name: str
    type: Type


def _visible_cells(semantics: Semantics) -> tuple[_Cell, ...]:
    """The cells that people are shown: no locations, and nothing that the compiler made up."""
    layout = semantics.layout
    names = layout.cell_names()
    return tuple(
        _Cell(position, names[position], variable.type)
        for variable in layout.program.variables
        if not variable.hidden
        for position in range(layout.offset[variable.name], layout.offset[variable.name] + cells(variable))
    )


def _as_written(semantics: Semantics, played: Run) -> list[State]:
    """The states of the run as its author would have them: a local keeps its value until something is stored to it.

    The compiler resets locals that are not read again. That is nothing anybody wrote, and it is left out here: all
    other stores to locals are made once more, on the locals as told. Of those that were reset no step reads any, save
    free(), which makes a reference dangle wherever it finds it; there it is left as it was, since nobody follows it.
    """
    layout = semantics.layout
    owned = {v.name: cells(v) for v in layout.program.variables if v.owner is not None}
    positions = [layout.offset[name] + number for name, count in owned.items() for number in range(count)]
    told = [played.states[0]]
    for (instance, edge), true, after in zip(played.schedule.steps, played.states, played.states[1:], strict=False):
        before, state = told[-1], list(after)
        for position in positions:
            state[position] = before[position]
        scope = Scope(layout, me=layout.instances[instance][1])
        for update in () if edge == STAYS else semantics.edge(instance, edge).updates:
            if update.var in owned and not update.reset:
                place = as_closure(cell_position(update.var, update.index, scope))(before)
                value = evaluator(update.value, scope)
                if (found := value(before)) == value(true):
                    state[place] = int(found)
        told.append(tuple(state))
    return told


def _trace_step(
    semantics: Semantics, played: Run, states: list[State], number: int, shown: tuple[_Cell, ...]
) -> Step:
    instance, edge = played.schedule.steps[number]
    actor = semantics.layout.names[instance]
    before = played.states[number]
    if edge == STAYS:
        return Step(actor, instance, edge, STAYS_LABEL, semantics.location(before, instance).frames, ())
    taken = semantics.edge(instance, edge)
    if played.violation is not None and number + 1 == len(played.states):  # it ends where the check stands
        label, frames = _violated(taken, played.violation.check)
        return Step(actor, instance, edge, label, frames, ())
    return Step(actor, instance, edge, taken.label, taken.frames, _changes(states[number], states[number + 1], shown))


def _violated(edge: Edge, check: Check) -> tuple[str, tuple[Frame, ...]]:
    """The statement that a check belongs to, which need not be the one that its edge is named after, and where it is.

    Label and place always come from the same line: where the text of the check's is not at hand, both are the edge's.
    So are they for the end of an actor, whose check stands below its last line, wherever the actor leaves.
    """
    frame = shown_frame(check.frames)
    text = Sources().statement(frame) if frame is not None and check.property != HELD_AT_END else ""
    return (text, check.frames) if text else (edge.label, edge.frames)


def _changes(before: State, after: State, shown: tuple[_Cell, ...]) -> tuple[Change, ...]:
    return tuple(
        Change(cell.name, cell.type.show(before[cell.position]), cell.type.show(after[cell.position]))
        for cell in shown
        if before[cell.position] != after[cell.position]
    )
