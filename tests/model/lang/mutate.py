# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Protocol files as somebody might leave them half-way through an edit: small random changes to text and to syntax."""

from __future__ import annotations

import ast
import copy
import random
import re

# Words that turn up in wrong places.
STRAY = (
    "me()", "null", "None", "k", "opt", "page", "0", "1", "-1", "99", "True", "'x'", "3.5", "choose(0, 1)", "k.pages",
    "k.pages[0]", "k.pages.alloc()", "alive(page)", "range(3)", "all(x for x in k.pages)", "(1, 2)", "[1]", "{1}",
    "lambda: 0", "f'{k}'", "[x for x in k]", "x if k else k", "(y := 1)", "k.missing", "wait", "atomic()",
    "len(k.maps)",
    "sum(1 for p in k.pages)", "not k", "a @ b", "k.pte is None", "*k", "k[0][1]", "()", "{}", "...", "b'x'", "1j",
)  # fmt: skip
LINES = (
    "break", "continue", "return", "return 1", "return null, null", "yield", "pass", "del k", "global k", "raise E",
    "import os", "wait(True)", "wait(k)", "rest()", "resched()", "cover('x')", "assert k", "assert True, k", "x = 1",
    "x, y = 1, 2", "x = y = 1", "x: int = 3", "k.missing = 1", "k.pages.free(k)", "touch(k)", "while True: pass",
    "for i in range(2): pass", "for x in k: pass", "with k: pass", "with atomic(): wait(False)",
    "with pending('g'): pass",
    "with urgent(): pass", "match k:\n        case _: pass", "try: pass\n    except E: pass", "def f(): pass", "x += 1",
    "x = counter(0, 0, 3)", "x = me()", "k.x += 1", "if choose(True, False): pass", "if k: pass", "demand(k, 'a', 'b')",
    "x = k", "x = k.pages", "page = k.pages.try_alloc()", "k = page", "me().x = 1",
)  # fmt: skip


def mutated(text: str, rng: random.Random, changes: int) -> str:
    """The text with some changes; it need not be Python any more."""
    for _ in range(changes):
        text = rng.choice((_of_lines, _of_tokens, _of_syntax, _of_syntax))(text, rng)
    return text


def _of_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    # Statements go into bodies only: what stands at the top level is executed, and an endless loop would be endless.
    stray = indent + rng.choice(LINES) if indent else ""
    match rng.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[rng.randrange(len(lines))])
        case 2:
            lines[at] = stray
        case 3:
            lines.insert(at, stray)
        case _:
            lines[at] = indent + lines[rng.randrange(len(lines))].strip() if indent else ""
    return "\n".join(lines) or "\n"


def _of_tokens(text: str, rng: random.Random) -> str:
    tokens = list(re.finditer(r"\w+|[^\w\s]+", text))
    if not tokens:
        return text
    found = rng.choice(tokens)
    other = rng.choice(tokens)[0]
    new = rng.choice(("", other, found[0] + " " + found[0], rng.choice(STRAY), "é", found[0][:-1]))
    return text[: found.start()] + new + text[found.end() :]


def _of_syntax(text: str, rng: random.Random) -> str:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return _of_tokens(text, rng)
    inside = [n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for s in f.body for n in ast.walk(s)]
    change = rng.choice((_replace_expression, _replace_expression, _change_statements, _change_operator, _rename))
    if inside:
        change(tree, inside, rng)
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    except (ValueError, RecursionError, AttributeError, TypeError):
        return text


def _replace_expression(tree: ast.Module, inside: list[ast.AST], rng: random.Random) -> None:
    expressions = [n for n in inside if isinstance(n, ast.expr)]
    if not expressions:
        return
    new = rng.choice(expressions)
    if rng.random() < 0.4:
        try:
            new = ast.parse(rng.choice(STRAY), mode="eval").body
        except SyntaxError:
            return
    parent = rng.choice([n for n in inside if any(isinstance(c, ast.expr) for c in ast.iter_child_nodes(n))] or [tree])
    fields: list[tuple[str, int | None]] = []
    for name, value in ast.iter_fields(parent):
        if isinstance(value, ast.expr):
            fields.append((name, None))
        elif isinstance(value, list):
            fields += [(name, i) for i, v in enumerate(value) if isinstance(v, ast.expr)]
    if not fields:
        return
    name, index = rng.choice(fields)
    if index is None:
        setattr(parent, name, copy.deepcopy(new))
    else:
        getattr(parent, name)[index] = copy.deepcopy(new)


def _change_statements(tree: ast.Module, inside: list[ast.AST], rng: random.Random) -> None:
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    bodies = [f.body for f in functions] + [
        b for n in inside for b in (getattr(n, "body", None),) if isinstance(b, list)
    ]
    bodies = [b for b in bodies if b and isinstance(b[0], ast.stmt)]
    if not bodies:
        return
    body, source = rng.choice(bodies), rng.choice(bodies)
    at = rng.randrange(len(body))
    match rng.randrange(4):
        case 0 if len(body) > 1:
            del body[at]
        case 1:
            body.insert(at, copy.deepcopy(rng.choice(source)))
        case 2:
            body[at] = copy.deepcopy(rng.choice(source))
        case _:
            other = rng.randrange(len(body))
            body[at], body[other] = body[other], body[at]


def _change_operator(tree: ast.Module, inside: list[ast.AST], rng: random.Random) -> None:
    node = rng.choice(inside)
    match node:
        case ast.Compare():
            kinds = (ast.Eq, ast.NotEq, ast.Lt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot)
            node.ops[rng.randrange(len(node.ops))] = rng.choice(kinds)()
        case ast.BinOp() | ast.AugAssign():
            kinds = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Div, ast.Pow, ast.BitOr, ast.BitAnd)
            node.op = rng.choice(kinds)()
        case ast.BoolOp():
            node.op = rng.choice((ast.And, ast.Or))()
        case ast.Constant():
            node.value = rng.choice((0, 1, 2, 7, -1, 15, True, False, None, "x", 1.5))
        case _:
            pass


def _rename(tree: ast.Module, inside: list[ast.AST], rng: random.Random) -> None:
    names = [n.id for n in inside if isinstance(n, ast.Name)] + [n.attr for n in inside if isinstance(n, ast.Attribute)]
    node = rng.choice([n for n in inside if isinstance(n, ast.Name | ast.Attribute)] or [tree])
    new = rng.choice([*names, "missing", "lock"])
    if isinstance(node, ast.Name):
        node.id = new
    elif isinstance(node, ast.Attribute):
        node.attr = new
