# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A trace in slices: what one actor does without being interrupted becomes one step, which is how people follow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ..model.trace import Change, Step, Trace


@dataclass(frozen=True, slots=True)
class Slice:
    """``first``: the index of its first step in the trace. ``operations``: the labels of its steps."""

    actor: str
    first: int
    operations: tuple[str, ...]


def slices(trace: Trace) -> tuple[Slice, ...]:
    """The slices of a trace; none reaches over the beginning of the loop."""
    return tuple(Slice(steps[0].actor, first, tuple(step.label for step in steps)) for first, steps in _grouped(trace))


def sliced(trace: Trace) -> Trace:
    """The trace with its slices for steps."""
    groups = list(_grouped(trace))
    loop = None if trace.loop is None else next(n for n, (first, _) in enumerate(groups) if first == trace.loop)
    return replace(trace, steps=tuple(_merged(steps) for _, steps in groups), loop=loop)


def _grouped(trace: Trace) -> Iterator[tuple[int, list[Step]]]:
    number = 0
    loop = len(trace.steps) if trace.loop is None else trace.loop
    for part in (trace.steps[:loop], trace.steps[loop:]):
        for _, group in groupby(part, key=lambda step: step.actor):
            steps = list(group)
            yield number, steps
            number += len(steps)


def _merged(steps: Sequence[Step]) -> Step:
    """Where it is interrupted, what it did on the way, and what it left behind."""
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for step in steps:
        for change in step.changes:
            first.setdefault(change.name, change.before)
            last[change.name] = change.after
    changes = tuple(Change(name, first[name], after) for name, after in last.items() if after != first[name])
    return replace(steps[-1], label="; ".join(step.label for step in steps), changes=changes)


def counted(trace: Trace) -> str:
    """``4 slices (63 steps), of which 2 (32) repeat for ever``."""
    parts = slices(trace)
    text = f"{_some(len(parts), 'slice')} ({_some(len(trace.steps), 'step')})"
    if trace.loop is not None:
        looping = sum(part.first >= trace.loop for part in parts)
        text += f", of which {looping} ({len(trace.steps) - trace.loop}) repeat for ever"
    return text


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
