# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A compiled protocol: variables with finite domains and one control-flow automaton per process class.

A *state* is a tuple of integers: first the location of every process instance in program order, then the cells of
every variable in order (arrays row-major); ``layout.py`` gives the positions.

One step of process instance p (class c, index i) takes one edge e from its location:

1. ``e.checks`` are evaluated in order; at the first with ``when and not ok`` the step is a violation of
   ``check.property`` and has no successor. A violating step needs no true guard; it is not counted as a transition.
2. Otherwise, if ``e.guard`` is true, the step exists: all ``updates`` are evaluated in the old state and stored at once
   (a later update of the same cell wins), and the location becomes ``e.target``.

A process is *enabled* if one of its edges has a failing check or a true guard, after urgency: if any process that
stands at a location whose ``urgent`` expression is true is enabled, only such processes may move.

A state is a *deadlock* if some process is at a location that neither ``ends``, ``rests`` nor is ``idle``, and no
process is enabled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .expr import TRUE, Expr
from .types import Type


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in a source file; lines and columns from 1, columns in characters, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str


LIBRARY = ("model/primitives/", "model/kernel/sync/", "model/kernel/object.py")
"""Where frames of the shipped primitives are: steps are shown at the author's line that calls them."""


def shown_frame(frames: tuple[Frame, ...]) -> Frame | None:
    """The frame that stands for a step: the deepest of the call chain that is not inside a primitive."""
    return next((f for f in reversed(frames) if not f.file.startswith(LIBRARY)), frames[0] if frames else None)


@dataclass(frozen=True, slots=True)
class Dim:
    """One dimension of a variable: how many, and the symmetric space it is indexed by.

    ``space`` is the name of a process class (index = instance index) or of a heap (index = slot), or None.
    ``at`` says where a reader sees the index: after so many parts of the dotted name (``maps[0].ptl.owner`` has it
    after 1); by default after the first part for an index with a space, else at the end.
    """

    size: int
    space: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A global variable, or a local of process class ``owner`` whose first dimension is the instance.

    ``hidden`` variables are made by the compiler (allocation marks, urgency passes, monitors); ``ghost`` ones never
    influence a guard. ``initial`` is the value of every cell before the program's ``initial`` states are applied,
    and the value that frees and dead-local clearing restore.
    """

    name: str
    type: Type
    dims: tuple[Dim, ...] = ()
    initial: int = 0
    owner: str | None = None
    ghost: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Heap:
    """All pools of one record class: ``slots`` records, their fields as variables indexed by slot.

    ``allocated`` names the Boolean array that says which slots are in use. ``symmetric``: slots are interchangeable
    (no slot number is named in the program; allocation may take any free slot).
    """

    name: str
    slots: int
    allocated: str
    fields: tuple[str, ...]
    symmetric: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A condition demanded by the language or by an assertion. ``when``: the path that leads to it was taken.

    ``property`` is the name it is reported under (see properties.py), ``message`` one sentence about this place.
    ``subject``: the value that is not as demanded, which reports tell where the check fails; it decides nothing.
    """

    when: Expr
    ok: Expr
    property: str
    message: str
    frames: tuple[Frame, ...]
    subject: Expr | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """``reset``: the compiler's own, of a local that is not read again; reports do not tell it."""

    var: str
    index: tuple[Expr, ...]
    value: Expr
    reset: bool = False


@dataclass(frozen=True, slots=True)
class LockEvent:
    """What a step does to a lock, for the lock-order graph. ``lock``: its static path, ``index`` the dynamic part.

    ``blocking`` is false for a successful trylock, which cannot be the waiting side of a deadlock.
    ``recursive``: a shared acquisition that passes queued writers, and so only ever waits for an exclusive holder.
    ``nested``: the author says that the order among locks of this path is fixed, and this is not the first of them.
    ``family``: the path of what it was taken in that lets it be taken in any order with others of that family, since
    one of two who wait for each other backs off.
    """

    action: Literal["acquire", "release"]
    lock: str
    index: tuple[Expr, ...]
    mode: Literal["exclusive", "shared"]
    blocking: bool
    frames: tuple[Frame, ...]
    recursive: bool = False
    nested: bool = False
    family: str = ""


@dataclass(frozen=True, slots=True)
class Fairness:
    """A strong fairness demand: for one instance and one ``key``, if some edge with that key is enabled infinitely
    often, one is taken infinitely often. ``subject`` is what a report names (the lock, the choice)."""

    kind: Literal["handover", "choice"]
    subject: str
    key: str


@dataclass(frozen=True, slots=True)
class Edge:
    """One atomic step. ``frames``: the call chain, caller first. ``completes``: goals whose pending block it leaves.

    ``marks``: cover labels passed. ``fairness``: a strong demand, or None (only the process is weakly fair).
    ``reads``/``writes``: the names of the variables touched, locals included.
    """

    source: int
    target: int
    label: str
    frames: tuple[Frame, ...]
    guard: Expr = TRUE
    checks: tuple[Check, ...] = ()
    updates: tuple[Update, ...] = ()
    completes: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    locks: tuple[LockEvent, ...] = ()
    fairness: Fairness | None = None
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Location:
    """A point between two steps.

    ``pending``: goals the process owes here. ``urgent``: condition (may use Me) under which it has priority, or None.
    ``rests``: the actor may stop here for ever though it could move (no weak fairness, no deadlock).
    ``idle``: the actor may stay blocked here for ever (no deadlock), but must move if it stays enabled.
    ``ends``: no way out; the path is complete.
    """

    frames: tuple[Frame, ...]
    label: str
    pending: tuple[str, ...] = ()
    urgent: Expr | None = None
    rests: bool = False
    idle: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Process:
    """``count`` instances of one automaton. Locations are numbered from 0; ``entry`` is where every instance starts.

    ``symmetric``: the instances are interchangeable (the compiler saw no use of a particular index).
    ``entry_locks``: what every instance does to locks before its first step (pseudo-locks only: it takes no step).
    """

    name: str
    count: int
    locations: tuple[Location, ...]
    edges: tuple[Edge, ...]
    entry: int
    symmetric: bool
    frame: Frame
    entry_locks: tuple[LockEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Invariant:
    """Must hold in every reachable state. ``checks`` guard its loads (a failing one violates the invariant)."""

    name: str
    expr: Expr
    checks: tuple[Check, ...]
    frame: Frame
    kind: Literal["invariant", "balance"] = "invariant"


@dataclass(frozen=True, slots=True)
class Temporal:
    """``leads-to``: from every state with ``premise``, every fair run reaches ``conclusion``.
    ``always-eventually`` is the same with a premise that is always true."""

    name: str
    kind: Literal["leads-to", "always-eventually"]
    premise: Expr
    conclusion: Expr
    frame: Frame


@dataclass(frozen=True, slots=True)
class Program:
    """Everything an engine needs. ``initial``: complete variable cells (without locations), one tuple per first state.

    ``balance`` invariants (kind "balance") are demanded only where every process has ended or rests.
    ``goals``: every goal named by a pending block. ``covers``: every mark. ``notes``: what the compiler wants told.
    """

    name: str
    options: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]
    variables: tuple[Variable, ...]
    heaps: tuple[Heap, ...]
    processes: tuple[Process, ...]
    invariants: tuple[Invariant, ...]
    temporal: tuple[Temporal, ...]
    goals: tuple[str, ...]
    covers: tuple[str, ...]
    initial: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...] = ()
