# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``x += 1`` on shared state, a read and then a write, and ``x = x + 1``, which is one step here and two in C: told
where another write may come in between.

Not told where that cannot happen for certain: nobody else writes the cell (``k.count[me()]``), or every write of it, by
whomever, is under one exclusive lock of the library: the same one for all cells, or for each cell the one that lies
beside it (``page.lock`` for ``page.count``). Readers need not hold it, as they cannot tell this from one step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...ir.build import loads, rebuild
from ...ir.expr import Const, Expr, Load
from ...ir.program import Frame, LockEvent, shown_frame
from ..diagnostics import Diagnostic, Label
from ..graph import Op, Poison, RawEdge, Store
from ..lockstate import NONE, Lock, Nets, along_paths, changed
from ..lower import locks
from ..lower.state import Lowerer
from ..lowering import Lowered, Result

LIBRARY = "svmcheck.model.primitives."
COPY = "copy "  # before a local's name: an entry that says of which other local it is a copy, beside those of locks
OWN = "own "  # before an actor's name: what protects a cell is that one instance alone writes it
ONCE = frozenset({1})
# A lock that protects a cell: its path, and its index where that is fixed, or how much of the cell's own index it has.
Protection = tuple[str, tuple[Expr, ...] | int]


@dataclass(frozen=True)
class _Write:
    """One place where a variable is written: by whom, and which locks of those known protect the cell there."""

    actor: str
    frames: tuple[Frame, ...]
    protections: frozenset[Protection]


def lost_updates(result: Result) -> Iterator[Diagnostic]:
    suspects = {c.variable for lowered in result.actors.values() for c in lowered.low.counted}
    writes: dict[str, list[_Write]] = {}
    for lowered in result.actors.values() if suspects else ():
        for variable, found in _writes(lowered, suspects):
            writes.setdefault(variable, []).append(found)
    for name, lowered in result.actors.items():
        for c in lowered.low.counted:
            found = writes.get(c.variable, [])
            here = [w for w in found if c.diagnostic.frame in w.frames]  # none where options rule it out
            alone = {w.actor for w in found} == {name} and lowered.actor.count == 1
            if here and not alone and not _common(found):
                yield _pointing_at_others(c.diagnostic, _common(here), found)


def _common(writes: list[_Write]) -> frozenset[Protection]:
    result = writes[0].protections
    for write in writes[1:]:
        result &= write.protections
    return result


def _pointing_at_others(hint: Diagnostic, held: frozenset[Protection], writes: list[_Write]) -> Diagnostic:
    """With the write that does not hold the lock, where this one holds one."""
    other = next((w for w in writes if held and held.isdisjoint(w.protections)), None)
    place = shown_frame(other.frames) if other else None
    if place is None:
        return hint
    return replace(hint, labels=(Label(place, f"written here without {_named(held)}"),))


def _named(held: frozenset[Protection]) -> str:
    locks_held = sorted({path for path, _ in held if not path.startswith(OWN)})
    return f"holding {' and '.join(locks_held)}" if locks_held else "being its owner"


def _writes(lowered: Lowered, suspects: set[str]) -> Iterator[tuple[str, _Write]]:
    """Every edge of an actor that stores to one of the variables. What a record is reset to when it is freed counts
    not: whoever then still counts in it is a use after free."""
    low, who = lowered.low, lowered.actor.name
    known = _shipped(low)
    outside = low.storage.variables
    nets = along_paths(low.graph, 0, lambda v: v not in outside, lambda n, op: _after(n, op, low, known))
    for number, held in nets.items():
        for edge in low.graph.nodes[number].edges:
            freed = {f"{op.heap}." for op in edge.ops if isinstance(op, Poison)}
            for op in edge.ops:
                if isinstance(op, Store) and op.var in suspects and not op.var.startswith(tuple(freed)):
                    yield op.var, _Write(who, edge.frames, _protections(op, edge, held) | _own(op, lowered))


def _own(store: Store, lowered: Lowered) -> frozenset[Protection]:
    """A cell whose index is the writer's own number, as in ``k.count[me()]``: no other instance writes it."""
    actor = lowered.actor
    return frozenset((f"{OWN}{actor.name}", place) for place, index in enumerate(store.index) if index == actor.me)


def _shipped(low: Lowerer) -> frozenset[str]:
    """The paths of the library's locks that know their holder: of these it is known that they exclude."""
    found = (lock for lock in locks.locks(low) if lock.cls.__module__.startswith(LIBRARY))
    return frozenset(lock.path for lock in found if locks.method(low, lock, "held_by") is not None)


def _after(nets: Nets, op: Op, low: Lowerer, known: frozenset[str]) -> Nets:
    """What is held exclusively after an operation. A lock is named by expressions: when one of the locals in them
    changes, it is not known any more which lock that was; and a release may be of any that could be the same."""
    if isinstance(op, Store):
        kept = {lock: NONE if _is_about(lock, op.var) else net for lock, net in nets.items()}
        value = op.value
        if not isinstance(value, Load) or value.index != op.index or value.var in low.storage.variables:
            return kept
        return {**kept, (COPY + op.var, _original(kept, (value,))): ONCE}
    if not isinstance(op, LockEvent) or op.lock not in known or op.mode != "exclusive":
        return nets
    event = replace(op, index=_original(nets, op.index))
    if event.action == "release":
        others = (k for k in nets if k[0] == event.lock and k[1] != event.index and not _apart(k, event))
        nets = nets | {k: nets[k] | NONE for k in others}
    return changed(nets, event)


def _is_about(lock: Lock, local: str) -> bool:
    return lock[0] == COPY + local or any(local in loads(i) for i in lock[1])


def _original(nets: Nets, index: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """With the locals that are certainly copies replaced by what they are copies of: ``with page.lock`` keeps one."""
    copies = {
        path.removeprefix(COPY): of[0] for (path, of), net in nets.items() if path.startswith(COPY) and 0 not in net
    }
    return tuple(rebuild(i, lambda e: copies.get(e.var) if isinstance(e, Load) else None) for i in index)


def _apart(lock: Lock, event: LockEvent) -> bool:
    """Whether they are certainly two locks of one path."""
    pairs = zip(lock[1], event.index, strict=True)
    return any(isinstance(a, Const) and isinstance(b, Const) and a.value != b.value for a, b in pairs)


def _protections(store: Store, edge: RawEdge, nets: Nets) -> frozenset[Protection]:
    if any(isinstance(op, LockEvent) for op in edge.ops):
        return frozenset()  # taken or released in this very step: before or after the store
    held = [lock for lock, net in nets.items() if min(net) > 0 and not lock[0].startswith(COPY)]
    cell = _original(nets, store.index)
    one: list[Protection] = [(path, index) for path, index in held if all(isinstance(i, Const) for i in index)]
    beside: list[Protection] = [(path, len(index)) for path, index in held if index and index == cell[: len(index)]]
    return frozenset([*one, *beside])
