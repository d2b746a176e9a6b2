# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""All lints of one program, each line once however many actors pass it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnostics import Diagnostic
from ..fuse import Automaton
from ..lowering import Result
from ..settings import Setting
from . import counting, functions, loops, options, reads, sleeping, urgency, workers


def lint(setting: Setting, result: Result, automata: Mapping[str, Automaton]) -> tuple[Diagnostic, ...]:
    found = {(d.code, d.frame): d for d in _all(setting, result, automata)}
    return tuple(found.values())


def _all(setting: Setting, result: Result, automata: Mapping[str, Automaton]) -> Iterator[Diagnostic]:
    yield from counting.lost_updates(result)
    yield from reads.unprotected(result)
    yield from sleeping.with_spinlock(result, automata)
    yield from functions.uncalled(setting, result)
    yield from options.untested(setting, result)
    yield from loops.unowed(result, automata, bool(result.specification.temporal))
    for name, lowered in result.actors.items():
        yield from urgency.interrupted(automata[name], lowered.low)
        yield from workers.never_idle(lowered, automata[name])
