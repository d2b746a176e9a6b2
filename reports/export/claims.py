# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What an exported model is asked to check."""

from __future__ import annotations

from dataclasses import dataclass

from ...model.ir.program import Invariant, Program, Temporal
from ...model.ir.properties import DEADLOCK, PARTIAL_DEADLOCK, SYSTEM_PROGRESS, properties
from ...specs.suggest import suggest

NOT_STATED = {
    "cover": ("asks what is reachable", "assert the opposite in the protocol, and export that"),
    "lock-order": ("asks in which order locks are taken on all paths", f"{DEADLOCK} can be exported"),
}


class CannotExport(Exception):
    """A program or property that the other language cannot say: what, and what to do instead."""

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.what, self.advice = what, advice


@dataclass(frozen=True)
class Claims:
    """``checks``: the names of checks whose failure is an error; a step that fails another check still ends its run.

    ``goals``: goals of which every actor that is pending must complete. ``system``: some actor must, again and again.
    """

    checks: frozenset[str] = frozenset()
    invariants: tuple[Invariant, ...] = ()
    deadlock: bool = False
    goals: tuple[str, ...] = ()
    temporal: tuple[Temporal, ...] = ()
    system: bool = False

    @property
    def is_safety(self) -> bool:
        return not (self.goals or self.temporal or self.system)

    @property
    def has_balance(self) -> bool:
        return any(invariant.kind == "balance" for invariant in self.invariants)


def safety(program: Program) -> Claims:
    """Everything that can fail in a finite run."""
    names = {check.property for process in program.processes for edge in process.edges for check in edge.checks}
    return Claims(frozenset(names), program.invariants, deadlock=True)


def everything(program: Program) -> Claims:
    """Safety and liveness."""
    found = safety(program)
    return Claims(found.checks, found.invariants, True, program.goals, program.temporal, bool(program.goals))


def only(program: Program, name: str) -> Claims:
    """One property by name. Raises CannotExport for a name that is none, or that no exported language can state."""
    known = {p.name: p for p in properties(program)}
    if name not in known:
        raise CannotExport(f'the program has no property "{name}"', suggest(name, known, "properties"))
    kind = known[name].kind
    if name == PARTIAL_DEADLOCK or kind in NOT_STATED:
        what, advice = NOT_STATED.get(kind, ("asks what stays reachable", f"{DEADLOCK} can be exported"))
        raise CannotExport(f'"{name}" {what}, which no exported language states', advice)
    return Claims(
        frozenset({name}) if kind in ("lifetime", "locking", "bounds", "assertion") else frozenset(),
        tuple(i for i in program.invariants if i.name == name),
        name == DEADLOCK,
        tuple(g for g in program.goals if g == name),
        tuple(t for t in program.temporal if t.name == name),
        name == SYSTEM_PROGRESS,
    )
