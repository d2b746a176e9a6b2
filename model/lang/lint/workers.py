# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A worker that never ends and may not rest: as soon as nothing is queued, that is a deadlock."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics import Diagnostic
from ..fuse import Automaton
from ..lowering import Lowered


def never_idle(lowered: Lowered, automaton: Automaton) -> Iterator[Diagnostic]:
    """The first wait of an endless actor that has no place to be idle at, outside of what it owes."""
    if any(loc.ends or loc.rests or loc.idle for loc in automaton.locations):
        return
    for number in sorted(automaton.sleeps):
        location = automaton.locations[number]
        if not location.pending and location.frames and not _is_lock(automaton, number):
            place = location.frames[-1]
            what = f"{lowered.actor.name} never ends, and waits at line {place.line} with nothing queued"
            advice = "mark it idle=True if it may rest there for ever; otherwise that is reported as a deadlock"
            yield Diagnostic("SVM504", what, place, advice, (), location.frames[:-1], "hint")
            return


def _is_lock(automaton: Automaton, number: int) -> bool:
    """Whether the wait takes a lock: its holder lets go of it, so nothing has to be queued."""
    return any(e.source == number and any(ev.action == "acquire" for ev in e.locks) for e in automaton.edges)
