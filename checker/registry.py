# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The engines by name. A new engine is one more line here; none is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .engine import Engine, Keeping
from .reductions import NONE, PARTIAL_ORDER, SYMMETRY


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user may ask of an engine; one that cannot says so in a notice.

    ``reductions``: names out of REDUCTIONS, or None to leave it to the engine. ``compare``: tell what they save.
    ``compact``: a table of fingerprints in the place of states. ``depth``: the longest run to look at, for an engine
    that goes by length.
    """

    workers: int | None = None
    reductions: frozenset[str] | None = None
    keeping: Keeping | None = None
    compare: bool = False
    compact: bool = False
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """An engine, and what the user should know about it: one sentence each."""

    engine: Engine
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What ``--engine`` is told to say of it, and how to get it."""

    summary: str
    make: Callable[[Wishes], Ready]


def make(name: str, wishes: Wishes) -> Ready:
    return ENGINES[name].make(wishes)


def _auto(wishes: Wishes) -> Ready:
    """Only the native engine does more than decide; who asks for that wants it from the start."""
    native = _native(wishes)
    if wishes != Wishes(workers=wishes.workers, depth=wishes.depth):
        return native
    from .automatic import AutoEngine

    return Ready(AutoEngine(native.engine), native.notices)


def _reference(wishes: Wishes) -> Ready:
    from .reference.engine import ReferenceEngine

    asked = wishes.reductions or NONE
    one_core = wishes.workers is not None and wishes.workers > 1
    notices = ("the reference engine uses one core; --workers changes nothing",) if one_core else ()
    kept = ("the reference engine keeps no checkpoints; --checkpoint changes nothing",) if wishes.keeping else ()
    partial = ("the reference engine has no partial-order reduction",) if PARTIAL_ORDER in asked else ()
    compact = ("the reference engine keeps whole states; --fingerprint changes nothing",) if wishes.compact else ()
    return Ready(ReferenceEngine(SYMMETRY in asked), (*notices, *partial, *kept, *compact, *_unbounded(wishes)))


def _unbounded(wishes: Wishes) -> tuple[str, ...]:
    return ("--depth is for the engine smt; this one looks at runs of any length",) if wishes.depth is not None else ()


def _native(wishes: Wishes) -> Ready:
    """Where it cannot run it leaves the work to the reference engine by itself, and says so in its outcome."""
    from .native.engine import NativeEngine

    engine = NativeEngine(wishes.workers, wishes.keeping, wishes.reductions, wishes.compare, wishes.compact)
    return Ready(engine, _unbounded(wishes))


def _smt(wishes: Wishes) -> Ready:
    from .symbolic.engine import DEFAULT_DEPTH, SmtEngine

    one_core = wishes.workers is not None and wishes.workers > 1
    notices = ("the smt engine uses one core; --workers changes nothing",) if one_core else ()
    every = ("the smt engine looks at every run; --reduction changes nothing",) if wishes.reductions else ()
    kept = ("the smt engine keeps no checkpoints; --checkpoint changes nothing",) if wishes.keeping else ()
    compact = ("the smt engine stores no states; --fingerprint changes nothing",) if wishes.compact else ()
    depth = DEFAULT_DEPTH if wishes.depth is None else wishes.depth
    return Ready(SmtEngine(depth), (*notices, *every, *kept, *compact))


ENGINES: Mapping[str, Entry] = {
    "auto": Entry("the fastest that runs here", _auto),
    "native": Entry("generated C, at the speed of memory", _native),
    "reference": Entry("plain Python, the meaning of the language: slow, and easy to check", _reference),
    "smt": Entry("bounded model checking by z3: the shortest violation, or none within so many steps", _smt),
}
