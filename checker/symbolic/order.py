# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A monitor that counts how many events of a sequence have happened."""

from __future__ import annotations

from collections.abc import Sequence

from .circuit import TRUE, Circuit, at_most_one
from .transition import Disjunction
from .unroll import Monitor


def in_order(circuit: Circuit, events: Sequence[int], banned: Sequence[Sequence[int]]) -> tuple[int, Monitor]:
    """The literal that all events have happened in order, and the monitor it belongs to.

    ``events``: literals that a step is the event. ``banned[k]``: steps that may not be while k events have happened,
    except for the step that is the next event. The solver is free to choose which of several fitting steps counts.
    """
    if not events and not banned[0]:
        return TRUE, Monitor({}, (), ())
    now = [circuit.variable() for _ in range(len(events) + 1)]  # exactly so many have happened
    then = [circuit.variable() for _ in now]
    step: list[Disjunction] = [*at_most_one(circuit, then)]
    for count, here in enumerate(now):
        step.append((-here, *then[count : count + 2]))
        step += [(-here, -then[count], -step_) for step_ in banned[count]]
        if count < len(events):
            step.append((-here, -then[count + 1], events[count]))
    first = ((now[0],), *((-literal,) for literal in now[1:]))
    return now[-1], Monitor(dict(zip(then, now, strict=True)), first, tuple(step))
