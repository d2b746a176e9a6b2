# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Urgency broken by an ordinary test: between two urgent blocks stands a step that is not urgent and only looks."""

from __future__ import annotations

from collections.abc import Iterator

from ...ir.program import Frame
from ..diagnostics import Diagnostic, Label
from ..fuse import Automaton
from ..lower.state import Lowerer


def interrupted(automaton: Automaton, low: Lowerer) -> Iterator[Diagnostic]:
    locations = automaton.locations
    for number, location in enumerate(locations):
        if location.urgent is not None or not location.frames:
            continue
        into = [e for e in automaton.edges if e.target == number and locations[e.source].urgent is not None]
        looks = [e for e in automaton.edges if e.source == number and locations[e.target].urgent is not None]
        looks = [e for e in looks if not any(low.is_shared_var(u.var) for u in e.updates)]
        if into and looks:
            before, after = into[0].frames[-1], locations[looks[0].target].frames
            yield _warning(location.frames, before, after[-1] if after else location.frames[-1])


def _warning(frames: tuple[Frame, ...], before: Frame, after: Frame) -> Diagnostic:
    place = frames[-1]
    what = f"the path from line {before.line} to {after.line} leaves urgent at line {place.line}"
    advice = "every other actor may step in here: put this test into an urgent block, or copy what it tests inside one"
    labels = (Label(before, "urgent up to here"), Label(after, "urgent again from here"))
    return Diagnostic("SVM503", what, place, advice, labels, frames[:-1], "warning")
