# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The C side of liveness as a Python object: aims, regions, and fair cycles in them."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

from .library import NONE, Move, Search
from .tables import Tables

PAUSE_SECONDS = 0.05  # between looks at limits and the keyboard
T = TypeVar("T")


class NoMemory(Exception):
    """The limit of memory, or the memory, ended a pass."""


@dataclass(frozen=True, slots=True)
class Region:
    """How many states there are in which something is owed, and in how many of them it can no longer be paid."""

    owed: int
    trapped: int


@dataclass(frozen=True, slots=True)
class FairSet:
    """States of which a full tour is fair. ``still``: one that nobody has to leave. ``trapped``: no way to pay."""

    states: tuple[int, ...]
    trapped: bool
    still: bool


class _Move(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("mover", "meets", "aims", "obliges")]


class _Place(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("word", "shift", "mask", "table", "to_move")]


_POINTER, _U32, _U64, _INT = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_int
_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "svm_live_open": (_POINTER, (_POINTER, _U32, _POINTER, _POINTER, _POINTER)),
    "svm_live_close": (None, (_POINTER,)),
    "svm_live_stop": (None, (_POINTER,)),
    "svm_live_progress": (_U64, (_POINTER,)),
    "svm_live_ahead": (_INT, (_POINTER, _U32, ctypes.c_char_p)),
    "svm_live_ahead_of": (_U64, (_POINTER, _U32)),
    "svm_live_stuck": (_U32, (_POINTER, _U64)),
    "svm_live_pending": (_U64, (_POINTER, _U32, ctypes.c_char_p)),
    "svm_live_held": (None, (_POINTER, _U32)),
    "svm_live_through": (_INT, (_POINTER, _U32, _POINTER)),
    "svm_live_region": (None, (_POINTER, _U64, _POINTER)),
    "svm_live_deadlock": (_U32, (_POINTER,)),
    "svm_live_weak": (_INT, (_POINTER, _U64)),
    "svm_live_fair": (_INT, (_POINTER, _U64, _INT)),
    "svm_live_shrink": (_INT, (_POINTER, _U64, _U64)),
    "svm_live_best": (None, (_POINTER, _POINTER, _POINTER)),
    "svm_live_way": (_U32, (_POINTER, _U32, _POINTER)),
    "svm_live_successors": (_U32, (_POINTER, _U32, _POINTER)),
}


class Live:
    """Liveness on a finished search; a context manager. ``pause`` is called now and then and may raise to end a pass.

    Aims and demands are bits, as ``tables`` numbers them. Methods that take long raise NoMemory.
    """

    def __init__(self, search: Search, tables: Tables, pause: Callable[[str], None]) -> None:
        self._library = search.library
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        self._search = search
        self._pause = pause
        self._moves = (_Move * len(tables.moves))(*tables.moves)
        self._places = (_Place * len(tables.places))(*tables.places)
        self._at_location = (ctypes.c_uint64 * len(tables.at_location))(*tables.at_location)
        self._most = search.numbering.most_successors
        self._live = self._library.svm_live_open(
            search.handle, len(tables.places), self._moves, self._places, self._at_location
        )
        if not self._live:
            raise NoMemory

    def __enter__(self) -> Live:
        return self

    def __exit__(self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._library.svm_live_close(self._live)

    def look_ahead(self, conclusions: bytes) -> None:
        """Work out which aims lie ahead of each state. ``conclusions``: the aim of each temporal property."""
        self._pass("what lies ahead", lambda: self._library.svm_live_ahead(self._live, len(conclusions), conclusions))

    def ahead_of(self, state: int) -> int:
        return self._library.svm_live_ahead_of(self._live, state)

    def first_stuck(self, aims: int) -> int | None:
        """A nearest state, no deadlock, from which not all aims can be achieved."""
        number = self._library.svm_live_stuck(self._live, aims)
        return None if number == NONE else number

    def owe_pending(self, instance: int, pending: bytes) -> int:
        """Region: the instance stands at a location whose byte is set. Returns its size."""
        return self._library.svm_live_pending(self._live, instance, pending)

    def owe_held_up(self, instance: int) -> None:
        """Region: the instance could move if others did not have priority."""
        self._pass("timing assumption", lambda: self._library.svm_live_held(self._live, instance))

    def owe_conclusion(self, temporal: int) -> bool:
        """Region: after the premise, without the conclusion. Returns whether the premise is ever true."""
        seen = ctypes.c_int()
        call = self._library.svm_live_through
        self._pass("premise", lambda: call(self._live, temporal, ctypes.byref(seen)))
        return bool(seen.value)

    def find_weakly_fair(self, phase: str, aim: int) -> int | None:
        """Find the weakly fair components of the region, without the steps that achieve the aim.

        Returns the first deadlock in the region, if there is one.
        """
        self._pass(phase, lambda: self._library.svm_live_weak(self._live, aim))
        number = self._library.svm_live_deadlock(self._live)
        return None if number == NONE else number

    def is_broken(self, strong: int) -> bool:
        """Whether there is a fair cycle in them, if only the strong demands of a mask are respected."""
        return self._fair(strong, first_only=True) > 0

    def best(self, strong: int, most: int) -> FairSet | None:
        """A trapped fair set if there is one, else a nearest one; cut down to ``most`` states if it can be."""
        if not self._fair(strong, first_only=False):
            return None
        if self._best()[3] > most:
            self._library.svm_live_shrink(self._live, strong, most)
        _, trapped, still, size = self._best()
        states = ctypes.POINTER(ctypes.c_uint32)()
        self._library.svm_live_best(self._live, (ctypes.c_uint64 * 4)(), ctypes.byref(states))
        return FairSet(tuple(states[:size]), bool(trapped), bool(still))

    def way(self, state: int) -> tuple[int, int | None]:
        """The length of the way to a state, and the state before it on the way from the premise, if that is not it."""
        before = ctypes.c_uint32()
        length = self._library.svm_live_way(self._live, state, ctypes.byref(before))
        return length, None if before.value == NONE else before.value

    def successors(self, state: int) -> list[tuple[int, Move]]:
        pairs = (ctypes.c_uint32 * (2 * self._most))()
        n: int = self._library.svm_live_successors(self._live, state, pairs)
        return [(pairs[2 * k], self._search.move(pairs[2 * k + 1])) for k in range(n)]

    def region(self, aim: int) -> Region:
        """Of the region that was searched last; after ``look_ahead``."""
        out = (ctypes.c_uint64 * 2)()
        self._library.svm_live_region(self._live, aim, out)
        return Region(*out)

    def _fair(self, strong: int, *, first_only: bool) -> int:
        self._pass("fair cycles", lambda: self._library.svm_live_fair(self._live, strong, int(first_only)))
        return self._best()[0]

    def _best(self) -> tuple[int, int, int, int]:
        """Candidates, whether the best is trapped, whether still, its size."""
        out = (ctypes.c_uint64 * 4)()
        self._library.svm_live_best(self._live, out, ctypes.byref(ctypes.POINTER(ctypes.c_uint32)()))
        return out[0], out[1], out[2], out[3]

    def _pass(self, phase: str, call: Callable[[], int | None]) -> None:
        """One pass over the states, in another thread, so that this one hears of interrupts and sees to limits."""
        status: list[int | None] = []
        thread = threading.Thread(target=lambda: status.append(call()))
        thread.start()
        try:
            thread.join(PAUSE_SECONDS)
            while thread.is_alive():
                self._pause(phase)
                thread.join(PAUSE_SECONDS)
        finally:
            if thread.is_alive():
                self._library.svm_live_stop(self._live)
                thread.join()
        if status[0] == 2:
            raise NoMemory
