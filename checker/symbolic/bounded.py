# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The search depth by depth: which targets can be hit by a run of exactly k steps, until the bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...model.evaluate import State
from ...model.ir.properties import DEADLOCK
from ...model.run import ReplayError, Schedule, run
from ...model.semantics import Semantics, Violation
from ..reference.budget import Budget, Stopped
from .inductive import proved
from .lemmas import candidates
from .second_look import second_look
from .solver import OutOfTime
from .targets import in_last_state, in_last_step
from .transition import Model
from .unroll import Runs


@dataclass(frozen=True, slots=True)
class Found:
    """The shortest run that breaks a property."""

    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Target:
    """A violation to look for at the end of a run. ``asks``: the literal that, if true, demands it.

    ``by_step``: the next step does it, so the run is one longer than what is unrolled.
    """

    name: str
    by_step: bool
    asks: int


class Bounded:
    """One bounded search and what it has found so far, which stays readable if it is stopped.

    ``depth``: no run of at most so many steps breaks a property that is not in ``findings``; -1 before that is known of
    the initial states. ``exhausted``: no run is longer than ``depth``. ``cut_by``: properties found violated by a step.
    """

    def __init__(self, semantics: Semantics, names: tuple[str, ...], budget: Budget, seconds: float | None) -> None:
        self.findings: dict[str, Found] = {}
        self.cut_by: list[str] = []
        self.depth = -1
        self.idle: frozenset[str] = frozenset()  # of an exhausted search: properties that never had a chance to fail
        self.exhausted = False
        self.stopped: str | None = None
        self.notes: tuple[str, ...] = ()
        self._semantics = semantics
        self._names = names
        self._budget = budget
        self._seconds = seconds

    def run(self, most: int | None, lemmas_after: float | None) -> None:
        """Search up to runs of ``most`` steps. Raises Unsupported before anything is found."""
        try:
            self._pause("encoding")
            self._search(Model(self._semantics.program), lemmas_after, most)
        except Stopped as reason:
            self.stopped = str(reason)
        except OutOfTime:
            self.stopped = f"stopped at the limit of {self._seconds:g} seconds" if self._seconds else "z3 gave up"
        except KeyboardInterrupt:
            self.stopped = "interrupted"

    def _search(self, model: Model, lemmas_after: float | None, most: int | None) -> None:
        runs = Runs(model)
        targets = list(self._targets(model))
        demands = [(-t.asks, _literal(model, t)) for t in targets]
        template = runs.solver.template(model.circuit.clauses(demands))
        while self._open():
            self._pause("bounded search")
            if lemmas_after is not None and self._budget.seconds >= lemmas_after:
                lemmas_after = None
                self._add_lemmas(runs)
            runs.solver.add(template, runs.length)
            last = most is not None and runs.length >= most
            targets = self._ask(runs, [t for t in targets if not (last and t.by_step)], last)
            if self.exhausted:
                self.depth, self.idle = second_look(Runs(model), self._open(), self.depth)
                return
            self.depth = runs.length
            if last:
                return
            for target in targets:
                runs.solver.require(runs.length, -target.asks)
            runs.extend()

    def _add_lemmas(self, runs: Runs) -> None:
        self._pause("proving invariants")
        lemmas = proved(runs.model, candidates(runs.model), self._seconds_left)
        runs.assume([lemma.holds for lemma in lemmas])
        if lemmas:
            self.notes = (f"{len(lemmas)} invariants were proved and used from runs of {runs.length} steps on",)

    def _open(self) -> list[str]:
        return [name for name in self._names if name not in self.findings]

    def _targets(self, model: Model) -> Iterator[Target]:
        stated = {invariant.name for invariant in model.program.invariants} | {DEADLOCK}
        checked = {name for move in model.moves for name, _ in move.fails}
        for name in self._names:
            if name in stated:
                yield Target(name, False, model.circuit.variable())
            if name in checked:
                yield Target(name, True, model.circuit.variable())

    def _ask(self, runs: Runs, targets: list[Target], last: bool) -> list[Target]:
        """Look for every target at the end of the runs unrolled. Returns those that are still open."""
        if not targets:  # what is asked for cannot be broken by any step; there is still the end of all runs to find
            self.exhausted = not runs.solver.satisfiable([], self._seconds_left())
        while targets:
            question = runs.model.circuit.variable()
            runs.solver.require(runs.length, -question, *(t.asks for t in targets))
            if not runs.solver.satisfiable([(runs.length, question)], self._seconds_left()):
                self.exhausted = runs.at_an_end(self._seconds_left(), surely=last)
                return targets
            reached = runs.schedule()
            hit = [t for t in targets if self._hit(reached, t)]
            if not hit:
                raise ReplayError("the interpreter does not find in the solver's run what the solver has found")
            targets = [t for t in targets if t not in hit]
        return [t for t in targets if t.name not in self.findings]

    def _hit(self, reached: Schedule, target: Target) -> bool:
        """Whether the run hits the target in the interpreter; if so, that is a finding."""
        state = run(self._semantics, reached).states[-1]
        if target.by_step:
            last = _violating_step(self._semantics, state, target.name)
            if last is None:
                return False
            self.findings[target.name] = Found(replace(reached, steps=(*reached.steps, last)))
            self.cut_by.append(target.name)
            return True
        if not _breaks(self._semantics, state, target.name):
            return False
        self.findings[target.name] = Found(reached)  # one step shorter than what a target by step may have found here
        return True

    # ---- limits

    def _pause(self, phase: str) -> None:
        self._budget.pause(phase, 0, 0, max(self.depth, 0), 0)

    def _seconds_left(self) -> float | None:
        return None if self._seconds is None else self._seconds - self._budget.seconds


def _literal(model: Model, target: Target) -> int:
    return in_last_step(model, target.name) if target.by_step else in_last_state(model, target.name)


def _breaks(semantics: Semantics, state: State, name: str) -> bool:
    if name == DEADLOCK:
        return semantics.is_deadlock(state)
    return any(failure.invariant.name == name for failure in semantics.failing_invariants(state))


def _violating_step(semantics: Semantics, state: State, name: str) -> tuple[int, int] | None:
    return next(
        (
            (instance, edge)
            for instance, edge, target in semantics.successors(state)
            if isinstance(target, Violation) and target.check.property == name
        ),
        None,
    )
