# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The properties of a program by name: those the language demands of every protocol, and those its author wrote."""

from __future__ import annotations

from dataclasses import dataclass

from .program import Program

# Demanded by the language, found without a written property: name -> (kind, what it means).
BUILT_IN: dict[str, tuple[str, str]] = {
    "no-null-dereference": ("lifetime", "no reference is followed while it is null"),
    "no-use-after-free": ("lifetime", "no reference is followed after its object was freed"),
    "no-double-free": ("lifetime", "no object is freed twice"),
    "no-free-of-busy-object": ("lifetime", "no object is freed while a lock in it is held or work in it is queued"),
    "no-unlock-by-non-owner": ("locking", "only the owner of a lock releases it"),
    "no-self-deadlock": ("locking", "nobody blocks on a lock it holds itself"),
    "no-lock-held-at-end": ("locking", "a path that ends has released every lock it took"),
    "no-rest-with-lock": ("locking", "nobody stops for ever at a resting point while it holds a lock"),
    "bounds": ("bounds", "no value leaves its declared domain, no index its array, no pool runs out"),
}
DEADLOCK = "no-deadlock"
PARTIAL_DEADLOCK = "no-partial-deadlock"
SYSTEM_PROGRESS = "system-progress"


@dataclass(frozen=True, slots=True)
class Property:
    """One thing to decide. ``kind``: lifetime, locking, bounds, assertion, invariant, balance, deadlock, livelock,
    leads-to, always-eventually or cover."""

    name: str
    kind: str

    @property
    def is_safety(self) -> bool:
        return self.kind in ("lifetime", "locking", "bounds", "assertion", "invariant", "balance")


def properties(program: Program) -> tuple[Property, ...]:
    """Everything that could fail in this program: safety first, then deadlock, then liveness, then covers."""
    checked = {c.property for p in program.processes for e in p.edges for c in e.checks}
    built_in = [Property(n, kind) for n, (kind, _) in BUILT_IN.items() if n in checked]
    asserted = [Property(n, "assertion") for n in sorted(checked - BUILT_IN.keys())]
    stated = [Property(i.name, i.kind) for i in program.invariants]
    blocked = [Property(DEADLOCK, "deadlock"), Property(PARTIAL_DEADLOCK, "deadlock")]
    goals = [Property(g, "livelock") for g in program.goals]
    system = [Property(SYSTEM_PROGRESS, "livelock")] if goals else []
    temporal = [Property(t.name, t.kind) for t in program.temporal]
    covers = [Property(f"cover:{c}", "cover") for c in program.covers]
    return (*built_in, *asserted, *stated, *blocked, *goals, *system, *temporal, *covers)
