# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Functions of a protocol that nobody calls: they were never looked at, so nothing in them is checked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..declare import World
from ..decorators import mark_of
from ..diagnostics import Diagnostic
from ..lowering import Result
from ..reflection import hints_of
from ..settings import Setting
from ..worlds import modules_of


def uncalled(setting: Setting, result: Result) -> Iterator[Diagnostic]:
    """Functions of the world's own file whose first parameter is this world and that nothing in the file names."""
    file = setting.protocol.file
    module = next((m for m in modules_of(setting.info.cls) if m.__name__ == setting.info.cls.__module__), None)
    if module is None:
        return
    named = {n.id for n in ast.walk(file.tree) if isinstance(n, ast.Name)}
    for node in file.tree.body:
        if not isinstance(node, ast.FunctionDef) or not node.args.args:
            continue
        value = vars(module).get(node.name)
        if mark_of(value) is not None or f"{file.name}:{node.lineno}" in result.facts.checked or node.name in named:
            continue
        first = hints_of(value)[0].get(node.args.args[0].arg)
        if isinstance(first, type) and issubclass(first, World) and issubclass(setting.info.cls, first):
            what, advice = f"nothing calls '{node.name}'", "call it, or take it out: it is not checked"
            yield Diagnostic("SVM505", what, file.head(node, node.name), advice, (), (), "hint")
