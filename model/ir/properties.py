# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The properties of a program by name: those the language demands of every protocol, and those its author wrote."""

from __future__ import annotations

from dataclasses import dataclass

from .program import Program

HELD_AT_END = "no-lock-held-at-end"

# Demanded by the language and its primitives, found without a written property: name -> (kind, what it means).
BUILT_IN: dict[str, tuple[str, str]] = {
    "no-null-dereference": ("lifetime", "no reference is followed while it is null"),
    "no-use-after-free": ("lifetime", "no reference is followed after its object was freed"),
    "no-double-free": ("lifetime", "no object is freed twice"),
    "no-free-of-busy-object": ("lifetime", "no object is freed while it, or a lock or work in it, is busy"),
    "no-get-on-zero": ("lifetime", "no reference is taken on a count of zero"),
    "no-put-below-zero": ("lifetime", "no reference is put that nobody holds"),
    "no-fence-reuse": ("lifetime", "no fence is submitted again while it is pending"),
    "no-double-signal": ("lifetime", "no fence is signalled that is not pending"),
    "no-unbalanced-notifier": ("locking", "no invalidation ends that never began"),
    "no-unlock-by-non-owner": ("locking", "only the owner of a lock releases it"),
    "no-self-deadlock": ("locking", "nobody blocks on a lock it holds itself"),
    "no-unbalanced-seqcount": ("locking", "nobody ends a write section, or checks a read section, that it never began"),
    "no-overlapping-writers": ("locking", "the writers of a seqcount exclude each other"),
    "no-context-misuse": ("locking", "ww_mutexes are taken in an open context, and given back before it is closed"),
    "no-lock-before-back-off": ("locking", "after -EDEADLK the next is the mutex that was refused, with no other held"),
    "no-reservation-misuse": ("locking", "fences enter a reservation under its lock, into slots reserved for them"),
    HELD_AT_END: ("locking", "a path that ends has released every lock it took"),
    "no-rest-with-lock": ("locking", "nobody stops for ever at a resting point while it holds a lock"),
    "bounds": ("bounds", "no value leaves its declared domain, no index its array, no pool runs out"),
}
DEADLOCK = "no-deadlock"
PARTIAL_DEADLOCK = "no-partial-deadlock"
SYSTEM_PROGRESS = "system-progress"
LOCK_ORDER = "lock-order"


@dataclass(frozen=True, slots=True)
class Property:
    """One thing to decide. ``kind``: lifetime, locking, bounds, assertion, invariant, balance, deadlock, livelock,
    leads-to, always-eventually, cover or lock-order.

    Lock order is no matter of states: it is decided from the automata, and from what a search covered of them.
    """

    name: str
    kind: str

    @property
    def is_safety(self) -> bool:
        return self.kind in ("lifetime", "locking", "bounds", "assertion", "invariant", "balance")


def properties(program: Program) -> tuple[Property, ...]:
    """Everything that could fail in this program: safety first, then lock order, deadlock, liveness, covers."""
    checked = {c.property for p in program.processes for e in p.edges for c in e.checks}
    built_in = [Property(n, kind) for n, (kind, _) in BUILT_IN.items() if n in checked]
    asserted = [Property(n, "assertion") for n in sorted(checked - BUILT_IN.keys())]
    stated = [Property(i.name, i.kind) for i in program.invariants]
    ordered = [Property(LOCK_ORDER, "lock-order")] if _has_lock_order(program) else []
    blocked = [Property(DEADLOCK, "deadlock"), Property(PARTIAL_DEADLOCK, "deadlock")]
    goals = [Property(g, "livelock") for g in program.goals]
    system = [Property(SYSTEM_PROGRESS, "livelock")] if goals else []
    temporal = [Property(t.name, t.kind) for t in program.temporal]
    covers = [Property(f"cover:{c}", "cover") for c in program.covers]
    return (*built_in, *asserted, *stated, *ordered, *blocked, *goals, *system, *temporal, *covers)


def _has_lock_order(program: Program) -> bool:
    """Whether there are two locks that could be taken one inside the other: of two classes, or of one array or pool."""
    steps = (events for p in program.processes for events in (p.entry_locks, *(e.locks for e in p.edges)))
    acquired = [event for events in steps for event in events if event.action == "acquire"]
    return len({event.lock for event in acquired}) > 1 or any(event.index for event in acquired)
