# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From a program to its lock-order graph: paths of all actors put together by lock class."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...model.ir.layout import placed
from ...model.ir.program import Frame, Program
from ...model.lock_events import told
from ...model.lock_graph import LockClass, LockGraph, Order, Path
from .cycles import cycles
from .flow import Hold, Meeting, Wait, differ, meetings, same

ALL_CODE = "all code, whether or not a run gets there"


_Place = tuple[str, tuple[Frame, ...], tuple[Frame, ...]]
"""Actor class, where it came to hold the first lock, where it asks for the second."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What makes two orders between the same locks two."""

    before: str
    after: str
    shared: bool
    reads: bool
    recursive: bool
    waits: bool


def analyse(program: Program, never: Collection[tuple[str, int]] = (), basis: str = ALL_CODE) -> LockGraph:
    """``never``: (process class, edge number) of steps known never to be taken, which then make no order. ``basis``
    says to a reader where that is known from."""
    asked = _acquisitions(program)
    found: dict[_Kind, dict[_Place, frozenset[str]]] = {}
    for process in program.processes:
        untaken = {edge for name, edge in never if name == process.name}
        for meeting in meetings(program, process, untaken):
            names = _names(program, meeting.hold, meeting.wait, asked.families)
            if names is not None:
                paths = found.setdefault(_kind(meeting, *names), {})
                place = (process.name, meeting.hold.frames, meeting.wait.frames)
                beside = _beside(meeting, asked.taken)
                paths[place] = paths.get(place, beside) & beside
    orders = tuple(_order(kind, paths) for kind, paths in found.items())
    members = {name for order in orders for name in (order.before, order.after)}
    families = set(asked.families.values())
    classes = sorted(asked.classes | members)
    locks = tuple(LockClass(name, name in asked.pseudo, name in families) for name in classes)
    actors = tuple((p.name, p.count) for p in program.processes)
    return LockGraph(program.name, locks, orders, cycles(orders), actors, basis)


@dataclass(frozen=True, slots=True)
class _Acquisitions:
    """``classes`` and ``pseudo``: lock classes, all and those that are only ever waited for. ``taken``: locks that
    somebody may wait for and then has. ``families``: lock -> the family it is of, as a class."""

    classes: frozenset[str]
    taken: frozenset[str]
    pseudo: frozenset[str]
    families: Mapping[str, str]


def _acquisitions(program: Program) -> _Acquisitions:
    steps = [s for p in program.processes for s in (p.entry_locks, *(e.locks for e in p.edges))]
    acquired = [(event, passing) for s in steps for event, passing in told(s) if event.action == "acquire"]
    families = {event.lock: event.family for event, _ in acquired if event.family}
    taken = frozenset(event.lock for event, passing in acquired if event.blocking and not passing)
    waited_for = frozenset(event.lock for event, passing in acquired if passing)
    classes = frozenset(families.get(event.lock, event.lock) for event, _ in acquired)
    return _Acquisitions(classes, taken, waited_for - taken, families)


def _order(kind: _Kind, paths: Mapping[_Place, frozenset[str]]) -> Order:
    found = (Path(*place, beside) for place, beside in paths.items())
    return Order(
        kind.before,
        kind.after,
        kind.shared,
        kind.reads,
        kind.recursive,
        kind.waits,
        tuple(sorted(found, key=_plainness)),
    )


def _names(program: Program, hold: Hold, wait: Wait, families: Mapping[str, str]) -> tuple[str, str] | None:
    """What to call the two locks; None where the two make no order.

    The locks of a family are one class, whose order among themselves is nobody's concern if both are taken in it: of
    two who wait for each other, one backs off. Nobody does for a lock that is taken, or held, outside of it.

    Of one class are two locks of an array or pool, taken one inside the other. Without a declared order that is a cycle
    by itself. With one (``lock_nested``) the very locks are told apart where they are known, so that two declarations
    that contradict each other are found. One lock taken twice is for ``no-self-deadlock`` to judge, which sees whether
    it happens; a pseudo-lock has no such judge.
    """
    family = families.get(wait.lock)
    if family is not None and family == families.get(hold.lock):
        backs_off = hold.family == wait.family == family
        one = hold.lock == wait.lock and same(hold.index, wait.index)
        return None if backs_off or one else (family, family)
    if hold.lock != wait.lock:
        return families.get(hold.lock, hold.lock), families.get(wait.lock, wait.lock)
    if wait.nested:
        known = differ(hold.index, wait.index) and None not in (*hold.index, *wait.index)
        return (_member(program, hold.lock, hold.index), _member(program, wait.lock, wait.index)) if known else None
    if same(hold.index, wait.index) and not wait.passing:
        return None
    return hold.lock, wait.lock


def _member(program: Program, lock: str, index: tuple[int | None, ...]) -> str:
    """``maps[0].ptl``: one lock of a class, named as its fields are."""
    texts = tuple(str(i) for i in index)
    field = next((v for v in program.variables if v.name.startswith(f"{lock}.") and len(v.dims) == len(texts)), None)
    if field is None:
        return lock + "".join(f"[{i}]" for i in texts)
    return placed(field, texts).rsplit(".", field.name.count(".") - lock.count("."))[0]


def _kind(meeting: Meeting, before: str, after: str) -> _Kind:
    hold, wait = meeting.hold, meeting.wait
    return _Kind(before, after, hold.shared, wait.shared, wait.recursive, wait.passing)


def _beside(meeting: Meeting, taken: frozenset[str]) -> frozenset[str]:
    """Locks that keep everybody else out while the two meet."""
    return frozenset(h.lock for h in meeting.others if h.lock in taken and not h.shared and not h.index)


def _plainness(path: Path) -> tuple[int, list[tuple[str, int]]]:
    """Short call chains are easier to read; among equals, the order of the source."""
    frames = (*path.held, *path.taken)
    return len(frames), [(f.file, f.line) for f in frames]
