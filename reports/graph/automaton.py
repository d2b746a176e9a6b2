# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The automaton of a process class: its locations by line, its edges by source text, the path of a trace marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...model.ir.expr import TRUE
from ...model.ir.printer import Scope, expr_text, update_text
from ...model.ir.program import Edge, Location, Process, Program
from ...model.trace import Trace
from ..palette import actor_colours
from ..run import movers
from ..source import shown_frame
from . import dot

PENDING = "#fff4d6"
FADED = "#9a9a9a"  # what the marked trace does not touch
URGENT = "#c0262d"
LOOPS = "↻"
MOST_STEPS = 6  # numbers at one edge
LONGEST_GUARD = 240  # characters, five lines; what a primitive tests may fill a page


@dataclass(frozen=True, slots=True)
class _Use:
    """A step, counted from 1, that takes an edge; ``loops`` if it repeats for ever."""

    step: int
    actor: str
    loops: bool


def automata(program: Program, trace: Trace | None = None) -> dict[str, str]:
    """The dot source of every process class, by its name."""
    return {process.name: automaton(program, process, trace) for process in program.processes}


def automaton(program: Program, process: Process, trace: Trace | None = None) -> str:
    """The dot source of one class; with a trace, the edges it takes carry the step numbers in the actor's colour."""
    drawing = _Drawing(program, process, trace)
    count = f" x {process.count}" if process.count > 1 else ""
    title = f"{process.name}{count}  {process.frame.file}:{process.frame.line}"
    return dot.digraph(process.name, title, drawing.body())


class _Drawing:
    def __init__(self, program: Program, process: Process, trace: Trace | None) -> None:
        self.process = process
        self.scope = Scope(program, process)
        self.colours = actor_colours(movers(trace)) if trace else {}
        self.taken = _taken(program, process, trace)
        self.fade = trace is not None

    def body(self) -> Iterator[str]:
        yield dot.node("start", shape="point", width="0.1", fillcolor="#555555", label="")
        yield dot.edge("start", str(self.process.entry))
        for number, location in enumerate(self.process.locations):
            yield dot.node(str(number), **self._location(location))
        for number, edge in enumerate(self.process.edges):
            yield dot.edge(str(edge.source), str(edge.target), **self._edge(number, edge))

    def _location(self, location: Location) -> dict[str, str]:
        frame = shown_frame(location.frames)
        where = f"{frame.line}" if frame else ""
        flags = [f"pending {goal}" for goal in location.pending]
        look = {"label": "", "tooltip": dot.quote(location.label)}
        styles = ["rounded", "filled"]
        if location.pending:
            look["fillcolor"] = PENDING
        if location.urgent is not None:
            look |= {"color": URGENT, "penwidth": "2"}
            flags.append("urgent" if location.urgent == TRUE else f"urgent if {expr_text(location.urgent, self.scope)}")
        if location.rests or location.idle:
            styles.append("dashed" if location.rests else "dotted")
            flags.append("may rest" if location.rests else "idle")
        if location.ends:
            look["peripheries"] = "2"
        text = " ".join(part for part in (where, location.label) if part)
        look["label"] = dot.lines([text or "end", *(f"({flag})" for flag in flags)], 40, centred=True)
        return look | {"style": ",".join(styles)}

    def _edge(self, number: int, edge: Edge) -> dict[str, str]:
        guard = "" if edge.guard == TRUE else f"[{expr_text(edge.guard, self.scope)}]"
        shown = guard if len(guard) <= LONGEST_GUARD else f"{guard[:LONGEST_GUARD]} ...]"
        updates = "; ".join(update_text(u, self.scope) for u in edge.updates)
        beside = [guard, updates] if shown != guard else [updates]
        look = {"label": "", "tooltip": dot.quote(" ".join(filter(None, beside)) or edge.label)}
        text = [edge.label, *filter(None, [shown])]
        uses = self.taken.get(number, [])
        if uses:
            actors = dict.fromkeys(use.actor for use in uses)
            text += [f"{actor}: step {_numbers([use for use in uses if use.actor == actor])}" for actor in actors]
            colours = [self.colours[actor] for actor in actors]
            look |= {"color": ":".join(colours), "penwidth": "2"}
            look |= {"fontcolor": colours[0]} if len(colours) == 1 else {}
        elif self.fade:
            look |= {"color": FADED, "fontcolor": FADED}
        return look | {"label": dot.beside(text)}


def _numbers(uses: list[_Use]) -> str:
    shown = ", ".join(f"{use.step}{LOOPS if use.loops else ''}" for use in uses[:MOST_STEPS])
    return shown + (f" and {len(uses) - MOST_STEPS} more" if len(uses) > MOST_STEPS else "")


def _taken(program: Program, process: Process, trace: Trace | None) -> dict[int, list[_Use]]:
    """Edge number -> the steps that take it."""
    result: dict[int, list[_Use]] = {}
    if trace is None:
        return result
    first = sum(p.count for p in program.processes[: program.processes.index(process)])
    for number, step in enumerate(trace.steps):
        if step.edge >= 0 and first <= step.process < first + process.count:
            looping = trace.loop is not None and number >= trace.loop
            result.setdefault(step.edge, []).append(_Use(number + 1, step.actor, looping))
    return result
