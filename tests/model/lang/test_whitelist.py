# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Every class of syntax tree is part of the language, or refused with what to write instead."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from svmcheck.model.lang.source import SourceFile
from svmcheck.model.lang.whitelist import ALLOWED, REFUSED, inspect_function

# What cannot stand in a function: roots, bases of other classes, and names that Python keeps for old programs.
ELSEWHERE = frozenset({
    "AST", "mod", "Module", "Interactive", "Expression", "FunctionType", "Suite", "stmt", "expr", "expr_context",
    "boolop", "operator", "unaryop", "cmpop", "excepthandler", "pattern", "type_ignore", "TypeIgnore", "type_param",
    "TypeVar", "ParamSpec", "TypeVarTuple", "slice", "Index", "ExtSlice", "AugLoad", "AugStore", "Param", "Num",
    "Str", "Bytes", "NameConstant", "Ellipsis",
})  # fmt: skip

# Refused class -> a body that has it.
BODIES = {
    "Try": "try:\n    pass\nfinally:\n    pass",
    "TryStar": "try:\n    pass\nexcept* ValueError:\n    pass",
    "Raise": "raise ValueError",
    "Lambda": "f = lambda: 1",
    "ListComp": "x = [i for i in y]",
    "SetComp": "x = {i for i in y}",
    "DictComp": "x = {i: i for i in y}",
    "AsyncFunctionDef": "async def f():\n    pass",
    "AsyncFor": "async for i in y:\n    pass",
    "AsyncWith": "async with y:\n    pass",
    "Await": "await y",
    "ClassDef": "class C:\n    pass",
    "NamedExpr": "x = (y := 1)",
    "Delete": "del y",
    "Global": "global y",
    "Nonlocal": "nonlocal y",
    "Import": "import y",
    "ImportFrom": "from y import z",
    "Dict": "x = {}",
    "JoinedStr": "x = f'{y}'",
    "YieldFrom": "yield from y",
    "Starred": "f(*y)",
    "Slice": "x = y[0:1]",
    "MatchSequence": "match y:\n    case [1]:\n        pass",
    "MatchMapping": "match y:\n    case {}:\n        pass",
    "MatchClass": "match y:\n    case C():\n        pass",
    "Div": "x = y / 2",
    "Pow": "x = y ** 2",
    "MatMult": "x = y @ y",
    "LShift": "x = y << 1",
    "RShift": "x = y >> 1",
    "BitXor": "x = y ^ y",
    "Invert": "x = ~y",
    "UAdd": "x = +y",
}
WITHIN_OTHERS = {
    "ExceptHandler",
    "alias",
    "Del",
    "MatchStar",
    "FormattedValue",
}  # never met: what holds them is refused
LATER_PYTHON = {"TypeAlias", "TemplateStr", "Interpolation"}


def function(body: str) -> tuple[SourceFile, ast.FunctionDef]:
    text = "async def f():\n" if "async " in body or "await " in body else "def f():\n"
    text += "\n".join(f"    {line}" for line in body.split("\n"))
    tree = ast.parse(text)
    source = SourceFile("x.py", tuple(text.split("\n")), tree)
    node = tree.body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return source, ast.FunctionDef(node.name, node.args, node.body, [], None, lineno=1, col_offset=0)


@pytest.mark.parametrize("cls", [c for c in vars(ast).values() if isinstance(c, type) and issubclass(c, ast.AST)])
def test_every_class_is_allowed_or_refused(cls: type[ast.AST]) -> None:
    if cls.__name__ in ELSEWHERE:
        return
    assert (cls in ALLOWED) != (cls.__name__ in REFUSED), "in neither list, or in both"


@pytest.mark.parametrize("name", REFUSED)
def test_every_refusal_says_what_to_write_instead(name: str) -> None:
    what, instead = REFUSED[name]
    assert what
    assert len(instead) >= 10
    assert not instead.endswith(".")


def test_every_refusal_is_tried() -> None:
    assert set(REFUSED) == BODIES.keys() | WITHIN_OTHERS | LATER_PYTHON


@pytest.mark.parametrize("name", BODIES)
def test_what_is_refused_is_found(name: str) -> None:
    source, node = function(BODIES[name])
    (found,) = inspect_function(source, node)
    what, instead = REFUSED[name]
    assert found.code == "SVM300"
    assert what in found.headline
    assert found.help == instead
    assert found.frame.line >= 2


@pytest.mark.parametrize("constant", ["1.5", "2j", "b'x'"])
def test_constants_without_a_domain(constant: str) -> None:
    (found,) = inspect_function(*function(f"x = {constant}"))
    assert found.code == "SVM300"


def test_a_nested_function() -> None:
    (found,) = inspect_function(*function("def g():\n    pass"))
    assert "nested function" in found.headline


def test_shipped_files_use_nothing_else() -> None:
    package = Path(inspect_function.__code__.co_filename).parents[1]
    for path in [*package.glob("protocols/*.py"), *package.glob("primitives/*.py")]:
        text = path.read_text()
        source = SourceFile(path.name, tuple(text.split("\n")), ast.parse(text))
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef):
                assert inspect_function(source, node) == []
