# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A monitor that counts context switches: steps of another process than the one before."""

from __future__ import annotations

from .transition import Disjunction, Model
from .unroll import Monitor


def few_switches(model: Model, most: int) -> Monitor:
    """That there are at most so many. The first step is no switch."""
    circuit = model.circuit
    last_now = [circuit.variable() for _ in model.movers]  # who moved last
    last_then = [circuit.variable() for _ in model.movers]
    count_now = [circuit.variable() for _ in range(most)]  # that there were more than k
    count_then = [circuit.variable() for _ in range(most)]
    switch = circuit.variable()
    step: list[Disjunction] = []
    for mover, was, becomes in zip(model.movers, last_now, last_then, strict=True):
        step += [(-becomes, mover), (-mover, becomes)]
        step += [(-mover, -other, switch) for other in last_now if other != was]
    for k in range(most + 1):  # the k-th level becomes true at a switch for which the level below is true
        below = () if k == 0 else (-count_now[k - 1],)
        above = () if k == most else (count_then[k],)
        step.append((-switch, *below, *above))
    step += [(-before, after) for before, after in zip(count_now, count_then, strict=True)]
    first = tuple((-literal,) for literal in (*last_now, *count_now))
    return Monitor(dict(zip((*last_then, *count_then), (*last_now, *count_now), strict=True)), first, tuple(step))
