# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The first look at a protocol function: every construct outside the language is refused with what to write instead."""

from __future__ import annotations

import ast

from .diagnostics import Diagnostic
from .source import SourceFile

ALLOWED: frozenset[type[ast.AST]] = frozenset({
    ast.FunctionDef, ast.arguments, ast.arg, ast.keyword, ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.If,
    ast.While, ast.For, ast.With, ast.withitem, ast.Match, ast.match_case, ast.MatchValue, ast.MatchSingleton,
    ast.MatchAs, ast.MatchOr, ast.Assert, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Constant, ast.Name,
    ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Tuple,
    ast.List, ast.Set, ast.GeneratorExp, ast.comprehension, ast.Load, ast.Store, ast.Yield,
    ast.And, ast.Or, ast.Not, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.BitOr, ast.BitAnd,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot,
})  # fmt: skip

# class name -> (what it is, what to write instead); names, as some exist in later Python versions only
REFUSED: dict[str, tuple[str, str]] = {
    "Try": ("a try statement", "the kernel returns error codes: return a member of an Enum and test it"),
    "TryStar": ("a try statement", "the kernel returns error codes: return a member of an Enum and test it"),
    "Raise": ("a raise statement", "return a member of an Enum, or 'assert' what must never happen"),
    "ExceptHandler": ("an exception handler", "return a member of an Enum and test it"),
    "Lambda": ("a lambda", "define a @pure function"),
    "ListComp": ("a comprehension", "use all(), any() or sum() with a generator, or a for loop"),
    "SetComp": ("a comprehension", "use all(), any() or sum() with a generator, or a for loop"),
    "DictComp": ("a comprehension", "use all(), any() or sum() with a generator, or a for loop"),
    "AsyncFunctionDef": ("async", "actors are ordinary functions; wait(condition) blocks"),
    "AsyncFor": ("async", "actors are ordinary functions; wait(condition) blocks"),
    "AsyncWith": ("async", "actors are ordinary functions; wait(condition) blocks"),
    "Await": ("async", "actors are ordinary functions; wait(condition) blocks"),
    "ClassDef": ("a nested class", "define it at the top level of the file"),
    "NamedExpr": ("the walrus operator", "assign on a line of its own"),
    "Delete": ("a del statement", "free a record with k.pool.free(record)"),
    "Global": ("a global statement", "shared state belongs into the world"),
    "Nonlocal": ("a nonlocal statement", "shared state belongs into the world"),
    "Import": ("an import inside a function", "import at the top of the file"),
    "ImportFrom": ("an import inside a function", "import at the top of the file"),
    "alias": ("an import inside a function", "import at the top of the file"),
    "TypeAlias": ("a type alias", "define it at the top level of the file"),
    "Dict": ("a dict", "use an array indexed by a number or process id"),
    "JoinedStr": ("an f-string", "messages are constants"),
    "FormattedValue": ("an f-string", "messages are constants"),
    "TemplateStr": ("a template string", "messages are constants"),
    "Interpolation": ("a template string", "messages are constants"),
    "YieldFrom": ("yield from", "a section has one plain 'yield'"),
    "Starred": ("a starred expression", "write each element"),
    "Slice": ("a slice", "index one element"),
    "MatchSequence": ("a sequence pattern", "match constants: 'case Pte.RAM:'"),
    "MatchMapping": ("a mapping pattern", "match constants: 'case Pte.RAM:'"),
    "MatchClass": ("a class pattern", "match constants: 'case Pte.RAM:'"),
    "MatchStar": ("a starred pattern", "match constants: 'case Pte.RAM:'"),
    "Div": ("division with '/'", "use '//': there are no fractions"),
    "Pow": ("the power operator", "multiply, or use a constant"),
    "MatMult": ("the operator '@'", "use + - * // %"),
    "LShift": ("a shift", "use a bitset for sets of flags"),
    "RShift": ("a shift", "use a bitset for sets of flags"),
    "BitXor": ("exclusive or", "compare with '!='; sets have | & -"),
    "Invert": ("the operator '~'", "use 'not', or s - t for sets"),
    "UAdd": ("unary plus", "leave it out"),
    "Del": ("del", "free a record with k.pool.free(record)"),
}


def inspect_function(source: SourceFile, node: ast.FunctionDef) -> list[Diagnostic]:
    """Every construct of the function that the language does not have. Decorators and annotations are not looked at."""
    found: list[Diagnostic] = []
    for statement in node.body:
        _inspect(source, statement, node, found)
    return found


def _inspect(
    source: SourceFile, node: ast.AST, function: ast.FunctionDef, found: list[Diagnostic], around: ast.AST | None = None
) -> None:
    """``around``: what the node is part of; an operator has no place of its own."""
    kind = type(node)
    if isinstance(node, ast.FunctionDef):
        found.append(_refusal(source, node, function, "a nested function", "define it at the top level of the file"))
        return
    if kind not in ALLOWED:
        what, instead = REFUSED.get(kind.__name__, ("this construct", "see docs/language.md for what the language has"))
        found.append(_refusal(source, node if hasattr(node, "lineno") else around, function, what, instead))
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex | bytes):
        found.append(
            _refusal(source, node, function, f"the constant {node.value!r}", "use integers, bool and Enum members")
        )
        return
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.AnnAssign) and child is node.annotation):
            _inspect(source, child, function, found, node if hasattr(node, "lineno") else around)


def _refusal(
    source: SourceFile, node: ast.AST | None, function: ast.FunctionDef, what: str, instead: str
) -> Diagnostic:
    place = node if node is not None and hasattr(node, "lineno") else function
    return Diagnostic(
        "SVM300", f"{what} is not part of the protocol language", source.frame(place, function.name), instead
    )
