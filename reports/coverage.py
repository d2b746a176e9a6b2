# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a search never saw, by line of the source: actors that never moved, branches and statements never taken.

A function that is inlined at several calls has a copy of its steps at each, and so has a loop for each record of its
pool; a line counts as taken if any copy was.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..model.ir.program import Edge, Program
from .source import shown_frame


def never_taken(program: Program, edges: Collection[tuple[str, int]], processes: Collection[str]) -> list[str]:
    """One line each. ``edges``: (process class, edge number) never taken; ``processes``: classes that never moved."""
    lines = [f"{name} never takes a step" for name in processes]
    missing = set(edges)
    seen: dict[tuple[str, int, str], bool] = {}
    for process in program.processes:
        for number, edge in enumerate(process.edges):
            key = _source_step(edge)
            if key and process.name not in processes:
                seen[key] = seen.get(key, False) or (process.name, number) not in missing
    untaken = sorted(key for key, taken in seen.items() if not taken)
    return lines + [f"{file}:{line}: never taken: {label}" for file, line, label in untaken]


def _source_step(edge: Edge) -> tuple[str, int, str] | None:
    frame = shown_frame(edge.frames)
    return (frame.file, frame.line, _of_any_record(edge.label)) if frame else None


def _of_any_record(label: str) -> str:
    """``for j in k.jobs: allocated`` for the test of each record, ``for j in k.jobs: jobs[1] allocated``."""
    return re.sub(r": \w+\[\d+\] ((?:not )?allocated)(?=;|$)", r": \1", label)
