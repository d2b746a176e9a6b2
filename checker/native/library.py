# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The shared object of a program as a Python object: one search over it, in slices of time."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from types import TracebackType

from .numbering import Numbering

NONE = 0xFFFFFFFF
PARTS = 16  # partitions of the states, as in runtime/table.c
UNLIMITED = (1 << 64) - 1


class Status(Enum):
    """Why a slice of the search ended."""

    DONE = 0
    PAUSED = 1
    MEMORY_LIMIT = 2
    STATE_LIMIT = 3


@dataclass(frozen=True, slots=True)
class Count:
    states: int
    transitions: int
    depth: int
    frontier: int
    memory: int  # bytes
    settled: int  # 1 if a state was met in which balance is demanded


@dataclass(frozen=True, slots=True)
class Move:
    """One step: the instance in program order, and the number of the edge within its class."""

    process: int
    edge: int


@dataclass(frozen=True, slots=True)
class Found:
    """The first violation of a property.

    ``state``: the number of the state it happened in, ``depth`` its distance from the initial states. ``move``: the
    violating step, None for a violation by the state itself. ``check``: position among the edge's or the invariant's
    checks, -1 for the invariant's own expression and for a deadlock.
    """

    state: int
    depth: int
    move: Move | None
    check: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The whole graph. ``names``: the number in the search of every state; state k has the steps ``first[k]`` to
    ``first[k + 1]`` (exclusive), each with its target and its move: the instance's first move plus the edge."""

    names: Sequence[int]
    first: Sequence[int]
    targets: Sequence[int]
    moves: Sequence[int]


class _Violation(ctypes.Structure):
    _fields_ = [
        ("state", ctypes.c_uint32),
        ("step", ctypes.c_uint32),
        ("depth", ctypes.c_uint32),
        ("found", ctypes.c_uint32),
        ("check", ctypes.c_int32),
    ]


class Saved(ctypes.Structure):
    """A partition as a checkpoint sees it: the addresses of its rows, and its numbers. See runtime/checkpoint.c."""

    _fields_ = [
        ("states", ctypes.c_void_p),
        ("parents", ctypes.c_void_p),
        *((name, ctypes.c_uint64) for name in ("count", "begin", "end", "cursor", "transitions")),
    ]
    states: int | None
    parents: int | None
    count: int
    begin: int
    end: int
    cursor: int
    transitions: int


# name -> (result, arguments)
_SIGNATURES = {
    "svm_choose": (None, (ctypes.c_uint32,)),
    "svm_open": (ctypes.c_void_p, (ctypes.c_uint32, ctypes.c_uint64)),
    "svm_close": (None, (ctypes.c_void_p,)),
    "svm_begin": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_void_p)),
    "svm_run": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64)),
    "svm_count": (None, (ctypes.c_void_p, ctypes.c_void_p)),
    "svm_violation": (ctypes.POINTER(_Violation), (ctypes.c_void_p, ctypes.c_uint32)),
    "svm_taken": (None, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)),
    "svm_state": (None, (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)),
    "svm_parent": (ctypes.c_uint32, (ctypes.c_void_p, ctypes.c_uint32)),
    "svm_number": (ctypes.c_uint32, (ctypes.c_void_p, ctypes.c_void_p)),
    "svm_graph": (None, (ctypes.c_void_p, *[ctypes.c_void_p] * 4)),
    "svm_compact": (ctypes.c_int, ()),
    "svm_hash": (ctypes.c_uint64, (ctypes.c_void_p,)),
    "svm_print": (ctypes.c_uint64, (ctypes.c_void_p, ctypes.c_uint32)),
    "svm_closest": (ctypes.c_uint64, (ctypes.c_void_p,)),
    "svm_part": (None, (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)),
    "svm_levels": (ctypes.c_void_p, (ctypes.c_void_p,)),
    "svm_restore_part": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)),
    "svm_restore_levels": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_uint32)),
    "svm_restore_seen": (None, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint32)),
    "svm_restore_violation": (None, (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)),
    "svm_restored": (ctypes.c_int, (ctypes.c_void_p,)),
    "svm_canonical": (None, (ctypes.c_void_p,)),
    "svm_way": (
        ctypes.c_uint32, (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32)
    ),
    "svm_step": (ctypes.c_uint32, (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32)),
}


def open_library(path: Path) -> ctypes.CDLL:
    """Raises OSError if the system cannot load it."""
    library = ctypes.CDLL(str(path))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Search:
    """A breadth-first search; a context manager, for the states live outside Python's memory."""

    def __init__(
        self, library: ctypes.CDLL, numbering: Numbering, workers: int, memory: int | None, program: int = 0
    ) -> None:
        """``program``: which of the library's programs; only one at a time can be searched.

        Raises MemoryError if not even an empty table can be had.
        """
        self.library = library
        self.numbering = numbering
        self.compact = bool(library.svm_compact())  # fingerprints in the place of states
        library.svm_choose(program)
        self.handle = library.svm_open(workers, UNLIMITED if memory is None else memory)
        if not self.handle:
            raise MemoryError("no memory for a search")

    def __enter__(self) -> Search:
        return self

    def __exit__(self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.library.svm_close(self.handle)

    def begin(self, state: tuple[int, ...]) -> bool:
        """Adds an initial state; False if there is no memory for it."""
        return bool(self.library.svm_begin(self.handle, self._words(state)))

    def run(self, seconds: float, most_states: int | None) -> Status:
        """Searches on for about that long."""
        most = UNLIMITED if most_states is None else most_states
        return Status(self.library.svm_run(self.handle, int(seconds * 1e9), most))

    def count(self) -> Count:
        out = (ctypes.c_uint64 * 6)()
        self.library.svm_count(self.handle, out)
        return Count(*out)

    def found(self, name: str) -> Found | None:
        """The first violation of the property with this name among the unit's faults."""
        pointer = self.library.svm_violation(self.handle, self.numbering.fault_number[name])
        if not pointer:
            return None
        v = pointer.contents
        return Found(v.state, v.depth, None if v.step == NONE else self.move(v.step), v.check)

    def taken(self) -> bytes:
        """One byte for each edge of all classes in order, 1 if it was ever taken."""
        out = (ctypes.c_ubyte * self.numbering.edges)()
        self.library.svm_taken(self.handle, out, self.numbering.edges)
        return bytes(out)

    def state(self, number: int) -> tuple[int, ...]:
        words = (ctypes.c_uint64 * self.numbering.packing.words)()
        self.library.svm_state(self.handle, number, words)
        return self.numbering.packing.unpack(tuple(words))

    def number(self, state: tuple[int, ...]) -> int:
        """The number of the state that stands for a state. Raises KeyError if it was not found."""
        found: int = self.library.svm_number(self.handle, self._words(self.canonical(state)))
        if found == NONE:
            raise KeyError(state)
        return found

    def path(self, number: int) -> tuple[int, tuple[Move, ...]]:
        """The number of the initial state and the steps from it of a shortest run to a state."""
        numbers = self.ancestry(number)
        steps = (self.library.svm_step(self.handle, a, b) for a, b in pairwise(numbers))
        return numbers[0], tuple(self.move(s) for s in steps)

    def print_of(self, state: tuple[int, ...]) -> int:
        """The fingerprint of the state that stands for a state."""
        words = self._words(state)
        self.library.svm_canonical(words)
        return self.library.svm_hash(words)

    def saved(self, part: int) -> Saved:
        out = Saved()
        self.library.svm_part(self.handle, part, ctypes.byref(out))
        return out

    def violations(self) -> tuple[tuple[int, ...], ...]:
        """Number of the fault, then state, step, depth and check, of every violation kept."""
        found = ((n, self.library.svm_violation(self.handle, n)) for n in range(len(self.numbering.faults)))
        kept = ((n, pointer.contents) for n, pointer in found if pointer)
        return tuple((n, v.state, v.step, v.depth, v.check) for n, v in kept)

    def restore_seen(self, taken: bytes, settled: int, violations: Iterable[tuple[int, ...]]) -> None:
        """Takes over what ``taken``, ``count`` and ``violations`` said."""
        self.library.svm_restore_seen(self.handle, taken, len(taken), settled)
        for number, state, step, depth, check in violations:
            violation = _Violation(state, step, depth, 1, check)
            self.library.svm_restore_violation(self.handle, number, ctypes.byref(violation))

    def ancestry(self, number: int) -> list[int]:
        """The numbers of the stored states on the way to a state, an initial one first."""
        numbers = [number]
        while (parent := self.library.svm_parent(self.handle, numbers[-1])) != NONE:
            numbers.append(parent)
        return numbers[::-1]

    def way(self, before: int, after: int) -> tuple[Move, ...]:
        """The steps from a stored state towards one of its stored successors: several, if steps are merged."""
        most = 16
        while True:
            steps = (ctypes.c_uint32 * most)()
            n: int = self.library.svm_way(self.handle, before, after, steps, most)
            if n <= most:
                return tuple(self.move(step) for step in steps[:n])
            most = n

    def canonical(self, state: tuple[int, ...]) -> tuple[int, ...]:
        """The state that stands for a state: itself, unless symmetry is reduced."""
        words = self._words(state)
        self.library.svm_canonical(words)
        return self.numbering.packing.unpack(tuple(words))

    def graph(self) -> Stored:
        """The graph of a search that is done."""
        n = self.count()
        names, targets, steps = ((ctypes.c_uint32 * size)() for size in (n.states, n.transitions, n.transitions))
        first = (ctypes.c_uint64 * (n.states + 1))()
        self.library.svm_graph(self.handle, names, first, targets, steps)
        base = self._first_moves()
        moves = array("I", (base[step >> 24] + (step & 0xFFFFFF) for step in array("I", bytes(steps))))
        return Stored(array("I", bytes(names)), array("Q", bytes(first)), array("I", bytes(targets)), moves)

    def _first_moves(self) -> list[int]:
        """For each instance what to add to the number of an edge to get that of the move."""
        result: list[int] = []
        before = 0
        for process, first_edge in zip(self.numbering.program.processes, self.numbering.first_edge, strict=True):
            for _ in range(process.count):
                result.append(before - first_edge)
                before += len(process.edges)
        return result

    def _words(self, state: tuple[int, ...]) -> ctypes.Array[ctypes.c_uint64]:
        return (ctypes.c_uint64 * self.numbering.packing.words)(*self.numbering.packing.pack(state))

    def move(self, step: int) -> Move:
        process, edge = step >> 24, step & 0xFFFFFF
        class_ = max(k for k, first in enumerate(self.numbering.first_instance) if first <= process)
        return Move(process, edge - self.numbering.first_edge[class_])
