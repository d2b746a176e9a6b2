# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A reader of the TLA+ that the exporter writes: enough of the language to explore its modules where TLC is missing.

It knows nothing of the IR. Definitions are read from the text; ``Explorer`` finds the states that Init and Next reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

TOKEN = re.compile(r"\s*(\|->|/\\|\\/|=>|<=|>=|<<|>>|\.\.|\\[a-zA-Z]+|\d+|[A-Za-z_]\w*'?|[-+*%^#=<>~()\[\]{},:!\\])")
# How tightly operators bind, as in TLA+.
INFIX = {
    "=>": 1, "\\/": 3, "/\\": 3, "=": 5, "#": 5, "<": 5, ">": 5, "<=": 5, ">=": 5, "\\in": 5, "\\cup": 8, "\\cap": 8,
    "\\": 8, "..": 9, "+": 10, "-": 11, "%": 11, "\\div": 13, "*": 13,
}  # fmt: skip
WORDS = {"TRUE": True, "FALSE": False}

Tree = Any  # nested tuples: (operator, parts...)
Scope = Mapping[str, Any]


class Parser:
    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)
        assert "".join(self.tokens) == re.sub(r"\s", "", text), f"cannot read {text}"
        self.at = 0

    def parse(self) -> Tree:
        tree = self.expression(0)
        assert self.at == len(self.tokens), f"left over: {self.tokens[self.at :]}"
        return tree

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        assert not wanted or token == wanted, f"wanted {wanted} before {self.tokens[self.at : self.at + 9]}"
        self.at += 1
        return token

    def expression(self, strength: int) -> Tree:
        left = self.prefix()
        while True:
            token = self.peek()
            if token == "[":
                self.take()
                left = ("index", left, self.several("]"))
            elif INFIX.get(token, 0) > strength:
                self.take()
                left = (token, left, self.expression(INFIX[token]))
            else:
                return left

    def several(self, end: str) -> list[Tree]:
        result: list[Tree] = []
        while self.peek() != end:
            result.append(self.expression(0))
            if self.peek() == ",":
                self.take()
        self.take(end)
        return result

    def prefix(self) -> Tree:
        token = self.take()
        if token in ("/\\", "\\/"):  # the first bullet of a list
            return self.expression(INFIX[token] - 1)
        if token == "~":
            return ("~", self.expression(4))
        if token in ("\\A", "\\E"):
            name, domain = self.binder()
            self.take(":")
            return (token, name, domain, self.expression(0))
        if token == "IF":
            test = self.expression(0)
            self.take("THEN")
            then = self.expression(0)
            self.take("ELSE")
            return ("if", test, then, self.expression(0))
        if token == "-":
            return ("-", ("value", 0), self.expression(12))
        return self.atom(token)

    def binder(self) -> tuple[str, Tree]:
        name = self.take()
        self.take("\\in")
        return name, self.expression(5)

    def atom(self, token: str) -> Tree:
        if token == "(":
            inner = self.expression(0)
            self.take(")")
            return inner
        if token == "<<":
            return ("tuple", self.several(">>"))
        if token == "{":
            return ("set", self.several("}"))
        if token == "[":
            return self.function()
        if token.isdigit():
            return ("value", int(token))
        if token in WORDS:
            return ("value", WORDS[token])
        if self.peek() == "(":
            self.take()
            return ("call", token, self.several(")"))
        return ("name", token)

    def function(self) -> Tree:
        start = self.at
        name = self.take()
        if self.peek() == "EXCEPT":
            return self.except_(name)
        self.at = start
        binders = [self.binder()]
        while self.peek() == ",":
            self.take()
            binders.append(self.binder())
        self.take("|->")
        body = self.expression(0)
        self.take("]")
        return ("function", binders, body)

    def except_(self, name: str) -> Tree:
        changes: list[tuple[list[Tree], Tree]] = []
        while self.take() in ("EXCEPT", ","):
            self.take("!")
            self.take("[")
            index = self.several("]")
            self.take("=")
            changes.append((index, self.expression(0)))
        return ("except", name, changes)


@dataclass(frozen=True)
class Definition:
    parameters: tuple[str, ...]
    bullets: tuple[Tree, ...]  # the conjuncts, if the body is a list of them; else the one expression


@dataclass
class Explorer:
    """``definitions``: the state functions and actions of a module, without those of Mask, Bits, Spec and formulas."""

    text: str
    variables: list[str] = field(init=False)
    definitions: dict[str, Definition] = field(init=False)

    def __post_init__(self) -> None:
        plain = re.sub(r"\\\*.*", "", self.text)
        found = re.search(r"^VARIABLES (.*)$", plain, re.MULTILINE)
        assert found
        self.variables = found[1].split(", ")
        self.definitions = {}
        for match in re.finditer(r"^(\w+)(?:\(([\w, ]*)\))? ==((?: .*)?(?:\n +.*)*)", plain, re.MULTILINE):
            name, parameters, body = match[1], match[2] or "", match[3]
            if name in ("vars", "Mask", "Bits", "Spec") or re.search(r"\[\]|<>|~>", body):
                continue
            lines = re.split(r"\n    /\\ ", body)
            bullets = lines[1:] if len(lines) > 1 else lines
            trees = [Parser(b).parse() for b in bullets if not b.startswith("UNCHANGED")]
            kept = [b for b in bullets if b.startswith("UNCHANGED")]
            if any("'" in b for b in bullets):
                self._all_variables_are_settled(name, bullets, kept)
            self.definitions[name] = Definition(tuple(parameters.replace(" ", "").split(",")), tuple(trees))

    def _all_variables_are_settled(self, name: str, bullets: list[str], kept: list[str]) -> None:
        changed = [m[1] for b in bullets if (m := re.match(r"(\w+)' =", b))]
        unchanged = [v for b in kept for v in re.findall(r"\w+", b.removeprefix("UNCHANGED"))]
        assert sorted(changed + unchanged) == sorted(self.variables), name

    # ---- states

    def initial(self) -> list[dict[str, Any]]:
        states: list[dict[str, Any]] = [{}]
        for tree in self.definitions["Init"].bullets:
            states = [{**state, **more} for state in states for more in self._choices(tree, state)]
        return states

    def _choices(self, tree: Tree, state: Scope) -> Iterator[dict[str, Any]]:
        match tree:
            case ("\\/", left, right):
                yield from self._choices(left, state)
                yield from self._choices(right, state)
            case ("/\\", left, right):
                for one in self._choices(left, state):
                    for more in self._choices(right, {**state, **one}):
                        yield {**one, **more}
            case ("=", ("name", name), value):
                yield {name: self.value(value, state)}
            case ("value", True):
                yield {}

    def successors(self, tree: Tree, scope: Scope) -> Iterator[dict[str, Any]]:
        match tree:
            case ("\\/", left, right):
                yield from self.successors(left, scope)
                yield from self.successors(right, scope)
            case ("\\E", name, domain, body):
                for value in self.value(domain, scope):
                    yield from self.successors(body, {**scope, name: value})
            case ("call", name, arguments):
                definition = self.definitions[name]
                values = [self.value(a, scope) for a in arguments]
                inner = {**scope, **dict(zip(definition.parameters, values, strict=True))}
                if len(definition.bullets) == 1 and definition.bullets[0][0] in ("\\/", "call"):
                    yield from self.successors(definition.bullets[0], inner)
                else:
                    yield from self._taken(definition.bullets, inner)

    def _taken(self, bullets: tuple[Tree, ...], scope: Scope) -> Iterator[dict[str, Any]]:
        after = {name: scope[name] for name in self.variables}
        for tree in bullets:
            if tree[0] == "=" and tree[1][0] == "name" and tree[1][1].endswith("'"):
                after[tree[1][1][:-1]] = self.value(tree[2], scope)
            elif not self.value(tree, scope):
                return
        yield after

    def explore(self) -> dict[tuple[Any, ...], dict[str, Any]]:
        """The reachable states."""
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        work = self.initial()
        (next_step,) = self.definitions["Next"].bullets
        while work:
            state = work.pop()
            key = tuple(_frozen(state[name]) for name in self.variables)
            if key not in found:
                found[key] = state
                work.extend(self.successors(next_step, state))
        return found

    # ---- values

    def value(self, tree: Tree, scope: Scope) -> Any:
        match tree:
            case ("value", value):
                return value
            case ("name", name):
                return scope[name] if name in scope else self._call(name, [], scope)
            case ("call", name, arguments):
                return self._call(name, [self.value(a, scope) for a in arguments], scope)
            case ("/\\", left, right):
                return self.value(left, scope) and self.value(right, scope)
            case ("\\/", left, right):
                return self.value(left, scope) or self.value(right, scope)
            case ("=>", left, right):
                return not self.value(left, scope) or self.value(right, scope)
            case ("~", arg):
                return not self.value(arg, scope)
            case ("if", test, then, other):
                return self.value(then if self.value(test, scope) else other, scope)
            case ("\\A" | "\\E" as word, name, domain, body):
                values = (self.value(body, {**scope, name: v}) for v in self.value(domain, scope))
                return all(values) if word == "\\A" else any(values)
            case _:
                return self._data(tree, scope)

    def _data(self, tree: Tree, scope: Scope) -> Any:
        """Functions, sets, and the operators that want both sides."""
        match tree:
            case ("set" | "tuple" as kind, parts):
                values = [self.value(p, scope) for p in parts]
                return frozenset(values) if kind == "set" else {i + 1: v for i, v in enumerate(values)}
            case ("index", base, index):
                return self.value(base, scope)[self._key(index, scope)]
            case ("function", binders, body):
                return self._function(binders, body, scope)
            case ("except", name, changes):
                changed = {self._key(index, scope): self.value(value, scope) for index, value in changes}
                assert changed.keys() <= scope[name].keys()
                return {**scope[name], **changed}
            case (operator, left, right):
                return _apply(operator, self.value(left, scope), self.value(right, scope))
        raise AssertionError(tree)

    def _function(self, binders: list[tuple[str, Tree]], body: Tree, scope: Scope) -> dict[Any, Any]:
        names = [name for name, _ in binders]
        result: dict[Any, Any] = {}
        for values in product(*(self.value(domain, scope) for _, domain in binders)):
            result[values[0] if len(values) == 1 else values] = self.value(
                body, {**scope, **dict(zip(names, values, strict=True))}
            )
        return result

    def _call(self, name: str, values: list[Any], scope: Scope) -> Any:
        match name, values:
            case "Cardinality", [members]:
                return len(members)
            case "Mask", [members]:
                return sum(1 << bit for bit in members)
            case "Bits", [mask]:
                return frozenset(bit for bit in range(62) if mask >> bit & 1)
        definition = self.definitions[name]
        parameters = [p for p in definition.parameters if p]
        inner = {**scope, **dict(zip(parameters, values, strict=True))}
        return all(self.value(tree, inner) for tree in definition.bullets)

    def _key(self, index: list[Tree], scope: Scope) -> Any:
        values = tuple(self.value(i, scope) for i in index)
        return values[0] if len(values) == 1 else values


def _apply(operator: str, left: Any, right: Any) -> Any:
    same_kind = isinstance(left, bool) == isinstance(right, bool) and type(left) is type(right)
    assert same_kind or operator == "\\in", f"TLC refuses {left} {operator} {right}"
    match operator:
        case "=":
            return left == right
        case "#":
            return left != right
        case "<" | "<=" | ">" | ">=":
            return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]
        case "\\in":
            return left in right
        case "\\cup" | "\\cap" | "\\":
            return {"\\cup": left | right, "\\cap": left & right, "\\": left - right}[operator]
        case "..":
            return range(left, right + 1)
        case "\\div" | "%":
            assert right > 0, "TLC refuses a divisor that is not positive"
            return left // right if operator == "\\div" else left % right
        case _:
            return {"+": left + right, "-": left - right, "*": left * right}[operator]


def _frozen(value: Any) -> Any:
    return tuple(sorted(value.items())) if isinstance(value, dict) else value
