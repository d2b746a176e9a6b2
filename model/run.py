# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A schedule (who took which edge, in order) and the run of states it gives, step by step through the interpreter."""

from __future__ import annotations

from dataclasses import dataclass

from .evaluate import State
from .semantics import Semantics, Target, Violation

STAYS = -1  # the edge number of the stutter


class ReplayError(Exception):
    """A schedule that the program does not have, or a run that does not show what it is said to show."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The number of the initial state, then (instance, edge) for each step.

    Edge ``STAYS`` is the stutter of a state in which nobody has to move, or can; it does not change the state.
    ``loop``: the index of the step at which the part that repeats for ever begins, or None for a finite run.
    """

    initial: int
    steps: tuple[tuple[int, int], ...]
    loop: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """``states``: before the first step and after each. ``violation``: of the last step, which leads nowhere."""

    schedule: Schedule
    states: tuple[State, ...]
    violation: Violation | None = None

    @property
    def loop_states(self) -> tuple[State, ...]:
        """The states from which the steps of the loop are taken."""
        return () if self.schedule.loop is None else self.states[self.schedule.loop : -1]

    @property
    def loop_steps(self) -> tuple[tuple[int, int], ...]:
        return () if self.schedule.loop is None else self.schedule.steps[self.schedule.loop :]


def run(semantics: Semantics, schedule: Schedule) -> Run:
    """Take every step of the schedule. Raises ReplayError at the first that does not exist or a loop that is none."""
    if not 0 <= schedule.initial < len(semantics.initial):
        raise ReplayError(f"there is no initial state {schedule.initial}: the program has {len(semantics.initial)}")
    states = [semantics.initial[schedule.initial]]
    for number, (instance, edge) in enumerate(schedule.steps):
        target = _take(semantics, states[-1], number, instance, edge)
        if isinstance(target, Violation):
            if number + 1 < len(schedule.steps) or schedule.loop is not None:
                raise ReplayError(f"step {number + 1} violates {target.check.property}: nothing can follow it")
            return Run(schedule, tuple(states), target)
        states.append(target)
    result = Run(schedule, tuple(states))
    _check_loop(result)
    return result


def _take(semantics: Semantics, state: State, number: int, instance: int, edge: int) -> Target:
    """Where the step leads, or a ReplayError that says why it does not exist."""
    what = f"step {number + 1}"
    if instance not in semantics.instances:
        raise ReplayError(f"{what}: there is no process {instance}; the program has {len(semantics.instances)}")
    if edge == STAYS:
        if semantics.is_stuttering(state) or semantics.is_deadlock(state):
            return state
        raise ReplayError(f"{what}: that nobody ever moves again is no fair run here: somebody has to")
    for mover, taken, target in semantics.successors(state):
        if (mover, taken) == (instance, edge):
            return target
    raise ReplayError(f"{what}: {_why_not(semantics, state, instance, edge)}")


def _why_not(semantics: Semantics, state: State, instance: int, edge: int) -> str:
    name = semantics.layout.names[instance]
    here = semantics.location(state, instance).label
    edges = semantics.layout.instances[instance][0].edges
    if not 0 <= edge < len(edges):
        return f"{name} has no edge {edge}; it has {len(edges)}"
    if edges[edge].source != state[instance]:
        return f"{name} stands at '{here}', where edge {edge} ('{edges[edge].label}') does not begin"
    if any(taken == edge for _, taken, _ in semantics.steps(state, instance)):
        return f"{name} has to wait at '{here}', because another process has priority there (urgent)"
    return f"{name} cannot take '{edges[edge].label}' at '{here}': its condition is false"


def _check_loop(played: Run) -> None:
    schedule = played.schedule
    if schedule.loop is None:
        return
    if not 0 <= schedule.loop < len(schedule.steps):
        raise ReplayError(f"the loop begins at step {schedule.loop + 1}, but the run has {len(schedule.steps)} steps")
    if played.states[schedule.loop] != played.states[-1]:
        raise ReplayError(f"the loop does not close: the state at step {schedule.loop + 1} does not recur at the end")
