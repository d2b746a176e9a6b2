# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One name, one property: verdicts are reported and asked for by name. The marks of ``never`` must exist."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..ir.program import Frame
from ..ir.properties import BUILT_IN, DEADLOCK, PARTIAL_DEADLOCK, SYSTEM_PROGRESS
from .diagnostics import Diagnostic
from .graph import Demand
from .lower.state import suggest
from .lowering import Result
from .settings import Setting


def check_names(setting: Setting, result: Result) -> Iterator[Diagnostic]:
    taken = dict.fromkeys((*BUILT_IN, DEADLOCK, PARTIAL_DEADLOCK, SYSTEM_PROGRESS), "the language")
    taken |= {name: "an assertion" for name in _asserted(result) if name not in taken}
    lowerers = [a.low for a in result.actors.values()]
    for goal in dict.fromkeys(g for low in lowerers for g in low.goals):
        if goal in taken:
            what, advice = f"the goal '{goal}' has the name of {taken[goal]}", "give the pending block another name"
            yield Diagnostic("SVM283", what, _constant(setting, goal), advice)
        taken[goal] = "a goal"
    stated = [*result.specification.invariants, *result.specification.temporal]
    places = [(p.name, p.frame) for p in stated]
    places += [(name, _assignment(setting, name)) for name, _ in setting.info.nevers]
    for name, frame in places:
        if name in taken:
            what = f"the property '{name}' has the name of {taken[name]}"
            yield Diagnostic("SVM283", what, frame, "give it another name: reports and --property go by names")
        taken[name] = "another property"
    yield from _marks(setting, {m for low in lowerers for m in low.marks})


def _asserted(result: Result) -> set[str]:
    graphs = [a.low.graph for a in result.actors.values()]
    edges = [e for g in graphs for n in g.nodes for e in n.edges]
    return {op.check.property for e in edges for op in e.ops if isinstance(op, Demand)}


def _marks(setting: Setting, marks: set[str]) -> Iterator[Diagnostic]:
    for name, never in setting.info.nevers:
        for label in (never.after, never.then, never.until):
            if label is not None and label not in marks:
                what = f"'{name}' is about cover(\"{label}\"), which no actor passes{suggest(label, marks)}"
                advice = f'put cover("{label}") where it happens'
                yield Diagnostic("SVM284", what, _assignment(setting, name), advice)


def _assignment(setting: Setting, name: str) -> Frame:
    """Where the module assigns a ``never`` property."""
    file = setting.protocol.file
    for node in file.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(t, ast.Name) and t.id.replace("_", "-") == name for t in targets):
            return file.frame(node)
    return setting.place


def _constant(setting: Setting, text: str) -> Frame:
    """Where the file has this text as a constant."""
    file = setting.protocol.file
    nodes = (n for n in ast.walk(file.tree) if isinstance(n, ast.Constant) and n.value == text)
    return next((file.frame(n) for n in nodes), setting.place)
