# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``@releases`` and ``@acquires``: what every path through a function does to the locks of its caller.

Paths are those of the text: of tests that depend on each other only those on locals with known values are known to.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ..decorators import contract_of
from ..diagnostics import Diagnostic, Label
from ..lockstate import Lock, along_paths
from ..values import Alias, Function
from . import expressions
from .state import Lowerer, LowerError


@dataclass(frozen=True)
class Contract:
    """``locks``: for each lock the contract names, how the author wrote it and what it demands (+1 or -1)."""

    locks: dict[Lock, tuple[str, int]]


def agreed(low: Lowerer, function: Function) -> Contract | None:
    """The contract of the function whose scope was just opened; its locks are expressions over the parameters."""
    declared = contract_of(function.python)
    if declared is None:
        return None
    locks: dict[Lock, tuple[str, int]] = {}
    for texts, net in ((declared.releases, -1), (declared.acquires, 1)):
        for text in texts:
            found = _lock_named(low, text)
            if found is None:
                what = f"'{text}' names no lock"
                advice = 'name it by the parameters: @releases("m.ptl")'
                raise low.error("SVM280", what, function.node.decorator_list[0], advice)
            locks[found.path, found.index] = (text, net)
    return Contract(locks)


def _lock_named(low: Lowerer, text: str) -> Alias | None:
    ops, low.ops = low.ops, []
    try:
        found = expressions.meaning(low, ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, LowerError):
        return None
    finally:
        low.ops = ops
    return found if isinstance(found, Alias) and hasattr(found.cls, "unlock") else None


def verify(low: Lowerer, function: Function, contract: Contract, start: int, end: int) -> None:
    """Compare what the paths from ``start`` to ``end`` do with what was declared."""
    nets = along_paths(low.graph, start, lambda name: name not in low.storage.variables).get(end)
    if nets is None:
        return  # no path comes back
    for lock in sorted({*nets, *contract.locks}, key=str):
        text, wanted = contract.locks.get(lock, (lock[0], 0))
        found = nets.get(lock, frozenset({0}))
        if found != frozenset({wanted}):
            low.record(LowerError(_broken(low, function, text, wanted, found)))


def _broken(low: Lowerer, function: Function, text: str, wanted: int, found: frozenset[int]) -> Diagnostic:
    verb = {-1: "release", 1: "acquire"}
    if wanted == 0:
        done = "releases" if min(found) < 0 else "takes"
        what = f"'{function.name}' {done} {text} of its caller without declaring it"
        advice = f"add it to the decorator: @{'releases' if min(found) < 0 else 'acquires'}(...)"
    else:
        how = "no path" if wanted not in found else "not every path"
        what = f"'{function.name}' is declared to {verb[wanted]} {text}, and {how} through it does"
        advice = f"{verb[wanted]} it on every way out, or change the decorator"
    decorator = function.source.frame(function.node.decorator_list[0], function.name)
    place = decorator if wanted else function.source.head(function.node, function.name)
    called = (Label(low.frames[-1], "called here"),) if low.frames else ()
    return Diagnostic("SVM281", what, place, advice, called)
