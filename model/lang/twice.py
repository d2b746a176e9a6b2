# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Names that are defined twice: Python keeps the last one, and an actor or a property would be gone without a word."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .diagnostics import Diagnostic
from .source import SourceFile


def defined_twice(file: SourceFile) -> Iterator[Diagnostic]:
    """At the top level of a file, and in each of its classes. Names that begin with an underscore and a line of
    imports repeated are left to Python."""
    yield from _in_body(file, file.tree.body, "the file")
    for node in file.tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _in_body(file, node.body, f"the class {node.name}")


def _in_body(file: SourceFile, body: list[ast.stmt], where: str) -> Iterator[Diagnostic]:
    seen: dict[str, ast.stmt] = {}
    for node in body:
        for name in _names(node):
            first = seen.get(name)
            if first is not None and not (_is_import(first) and _is_import(node)):
                what = f"'{name}' is defined twice in {where}; the first is at line {first.lineno}"
                frame = file.head(node) if isinstance(node, ast.FunctionDef | ast.ClassDef) else file.frame(node)
                yield Diagnostic("SVM117", what, frame, "only the second would count: give one of them another name")
            seen[name] = node


def _names(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            found = [name]
        case ast.Assign(targets=targets):
            found = [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            found = [name]
        case ast.ImportFrom(names=aliases):
            found = [alias.asname or alias.name for alias in aliases]
        case _:
            found = []
    return (name for name in found if not name.startswith("_") and name != "*")


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom)
