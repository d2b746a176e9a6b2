# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A counterexample as a path of states: each with what changed on the way in, the loop of a lasso closed and boxed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...model.trace import Step, Trace
from ..palette import LOOP, actor_colours
from ..run import movers, states
from ..source import shown_frame
from . import dot

SHOWN_AT_START = 12  # cells; more would make the first state larger than the drawing


def counterexample(trace: Trace, name: str = "counterexample") -> str:
    """The dot source of a trace: state k is the one after step k."""
    return dot.digraph(name, name, _body(trace))


def _body(trace: Trace) -> Iterator[str]:
    arriving = _arriving(trace)
    values = states(trace)
    nodes = {k: _state(trace, k, values[k], steps) for k, steps in arriving.items()}
    if trace.loop is None:
        yield from nodes.values()
    else:
        yield from (row for k, row in nodes.items() if k < trace.loop)
        inside = [row for k, row in nodes.items() if k >= trace.loop]
        yield from dot.cluster("loop", "repeats for ever", LOOP, inside)
    colours = actor_colours(movers(trace))
    for number, step in enumerate(trace.steps):
        yield _step(number, step, _target(trace, number), trace, colours)


def _target(trace: Trace, number: int) -> int:
    """The state that step ``number`` leads to: the last step of a lasso leads back to where the loop starts."""
    closes = trace.loop is not None and number == len(trace.steps) - 1
    return trace.loop if closes and trace.loop is not None else number + 1


def _arriving(trace: Trace) -> dict[int, list[Step]]:
    """Every state with the steps that lead to it."""
    result: dict[int, list[Step]] = {0: []}
    for number, step in enumerate(trace.steps):
        result.setdefault(_target(trace, number), []).append(step)
    return result


def _state(trace: Trace, number: int, state: dict[str, str], steps: list[Step]) -> str:
    cells = dict.fromkeys(c.name for s in steps for c in s.changes)
    if number == 0 and not cells:
        changing = dict.fromkeys(c.name for s in trace.steps for c in s.changes)
        cells = dict.fromkeys([name for name in state if name in changing][:SHOWN_AT_START])
    text = [str(number) if number else "start", *(f"{name} = {state[name]}" for name in cells)]
    look = {"label": dot.lines(text)}
    if trace.loop is None and number == len(trace.steps) and trace.violation:
        look = {"label": dot.lines([*text, trace.violation]), "color": LOOP, "penwidth": "2", "fillcolor": "#fdeaea"}
    return dot.node(str(number), group="path", **look)  # one group: graphviz keeps it straight


def _step(number: int, step: Step, target: int, trace: Trace, colours: dict[str, str]) -> str:
    colour = colours.get(step.actor, LOOP)
    frame = shown_frame(step.frames)
    where = f"{Path(frame.file).name}:{frame.line}" if frame else ""
    text = [f"{number + 1} {step.actor}".rstrip(), step.label, where]
    look = {"label": dot.beside([t for t in text if t]), "color": colour, "fontcolor": colour, "penwidth": "1.5"}
    if trace.loop is not None and number >= trace.loop:
        look["penwidth"] = "2.5"
    if target <= number:
        look |= {"color": f"{colour}:{LOOP}", "constraint": "false", "tailport": "e", "headport": "e"}
    return dot.edge(str(number), str(target), **look)
