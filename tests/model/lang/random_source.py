# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Random protocol files: small, well-formed, and using most of the language.

Well-formed means what the compiler demands: locals are set before they are read and have one type, integers of locals
stay in a range, loops have a step in them, and loops inside an atomic block are unrolled. Nothing keeps a program from
dereferencing null, leaving a range, or blocking for ever: those are the verdicts that are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

F = TypeVar("F")

HEAD = """\
from collections.abc import Iterator
from enum import Enum, auto

from svmcheck.model.lang import *
from svmcheck.model.primitives import Mutex, SpinLock


class Col(Enum):
    RED = auto()
    GREEN = auto()
    BLUE = auto()


class Node(Record):
    lock = SpinLock()
    v = bounded(0, 2)
    next = ref("Node")


class Cell(Record):
    lock = Mutex()
    f = flag()
    r = ref(Node)


class W(World):
    n = Size({instances})
    m = Mutex()
    x = bounded(0, 3)
    z = bounded(-2, 2, init=0)
    b = flag()
    c = state(Col.RED)
    nodes = pool(Node, 2{reuse})
    {second}
    cur = ref(Node)
    alt = ref(Node)
    arr = array(2, bounded(0, 2))
    per = array(n, flag())
    cells = array(2, Cell())
    who = bitset(Pid)
    bs = bitset(3)
    own = pid()
    g = ghost(bounded(0, 3))


@pure
def small(k: W, i: int) -> bool:
    return k.x + i < 3


@pure
def sees(k: W, p: Node) -> bool:
    return any(q.v == 0 and q != p for q in k.nodes)


@pure
def value_of(p: Node) -> int:
    return p.v if p != null else 0


@section
def saved(k: W, v: int) -> Iterator[None]:
    old = k.x
    k.x = v
    yield
    k.x = old if k.b else v
"""


def random_source(seed: int, instances: tuple[int, ...] = (1, 1, 2)) -> str:
    """The file of a seed. ``instances``: how many of the first actor there may be."""
    return _Writer(Random(seed), instances).file()


@dataclass
class _Function:
    name: str
    parameters: tuple[str, ...]  # types, after the world
    result: str | None  # a type, "pair", or None


@dataclass
class _Scope:
    """What may be named where: locals by type, and what surrounds the point."""

    locals: dict[str, set[str]] = field(default_factory=dict)
    actor: str | None = None  # None in a helper that several actors may call
    loop: bool = False
    atomic: bool = False
    sections: int = 0
    callable: int = 0  # the first so many functions may be called
    result: str | None = None

    def known(self, kind: str) -> list[str]:
        return sorted(self.locals.get(kind, set()))

    def inner(self, **changes: object) -> _Scope:
        scope = _Scope({k: set(v) for k, v in self.locals.items()}, **{
            n: getattr(self, n) for n in ("actor", "loop", "atomic", "sections", "callable", "result")
        })  # fmt: skip
        for name, value in changes.items():
            setattr(scope, name, value)
        return scope


@dataclass
class _Writer:
    random: Random
    instances: tuple[int, ...]
    functions: list[_Function] = field(default_factory=list)
    counter: int = 0
    two_pools: bool = False

    def file(self) -> str:
        pick = self.random.random
        self.two_pools = pick() < 0.2
        text = HEAD.format(
            instances=self.random.choice(self.instances),
            reuse=', reuse="any"' if pick() < 0.25 else "",
            second="others = pool(Node, 1)" if self.two_pools else "spare = flag()",
        )
        text += self._initial()
        for _ in range(self.random.randint(1, 3)):
            text += self._helper()
        for number in range(self.random.choice((1, 2, 2))):
            text += self._actor(number)
        for number in range(self.random.randint(0, 2)):
            text += self._invariant(number)
        return text

    def one(self, *options: str) -> str:
        return self.random.choice(options)

    def maybe(self, probability: float) -> bool:
        return self.random.random() < probability

    # ---- functions

    def _initial(self) -> str:
        lines = ["p = k.nodes.alloc()"]
        if self.maybe(0.9):
            lines.append("k.cur = p")
        if self.maybe(0.6):
            lines.append("k.alt = p")
        if self.maybe(0.3):
            lines += ["p.next = p"]
        if self.maybe(0.2):
            lines += ["q = k.nodes.alloc()", "k.alt = q"]
            if self.maybe(0.3):
                lines += ["k.nodes.free(p)"]
        if self.maybe(0.3):
            lines.append("k.x = choose(0, 2)")
        return "\n\n@initial\ndef setup(k: W) -> None:\n" + _indented(lines)

    def _helper(self) -> str:
        number = len(self.functions)
        parameters = tuple(
            self.random.choice(("int", "int", "Node", "bool", "Cell")) for _ in range(self.random.randint(0, 2))
        )
        result = self.random.choice((None, "int", "int", "bool", "Node", "pair"))
        function = _Function(f"h{number}", parameters, result)
        scope = _Scope(callable=number, result=result)
        names = [f"a{i}" for i in range(len(parameters))]
        for name, kind in zip(names, parameters, strict=True):
            scope.locals.setdefault(f"param {kind}" if kind == "Cell" else kind, set()).add(name)
        body = self._block(scope, self.random.randint(1, 3), 1)
        if result is not None:
            body.append(f"return {self._result(scope)}")
        self.functions.append(function)
        declared = "".join(f", {n}: {k}" for n, k in zip(names, parameters, strict=True))
        kind = {None: "None", "pair": "tuple[int, bool]"}.get(result, result)
        return f"\n\ndef {function.name}(k: W{declared}) -> {kind}:\n" + _indented(body)

    def _actor(self, number: int) -> str:
        counted = "(W.n)" if number == 0 else ""
        scope = _Scope(actor=f"act{number}" if number == 0 else "other", callable=len(self.functions))
        body = self._block(scope, self.random.randint(2, 4), 2)
        if self.maybe(0.15):
            body = ['with pending("goal"):', *_nested(body)]
        return f"\n\n@process{counted}\ndef {'act' if number == 0 else 'oth'}{number}(k: W) -> None:\n" + _indented(
            body
        )

    def _invariant(self, number: int) -> str:
        scope = _Scope()
        parameter, condition = self.random.choice((
            ("", "k.x < 3"),
            ("", "k.c != Col.BLUE or not k.b"),
            (", p: Node", "p.v < 2"),
            (", p: Node", "p.next == null or alive(p.next)"),
            (", p: Node", "sees(k, p) or k.x == 0"),
            (", i: Pid", "i != k.own or i in k.who or k.x == 0"),
            ("", "all(q.lock.owner == null or sees(k, q) for q in k.nodes)"),
            ("", "sum(q.v for q in k.nodes if q != k.cur) + len(k.bs) < 3"),
            ("", "any(v == 0 for v in k.arr)"),
            ("", "k.cur == null or k.cur.v < 2"),
            ("", "k.g <= k.x + 1"),
        ))  # fmt: skip
        if not parameter and self.maybe(0.4):
            condition = self.boolean(scope, 2)
        return f"\n\n@invariant\ndef inv{number}(k: W{parameter}) -> bool:\n    return {condition}\n"

    # ---- statements

    def _block(self, scope: _Scope, count: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            lines += self._statement(scope, depth)
        return lines or ["pass"]

    def _statement(self, scope: _Scope, depth: int) -> list[str]:
        simple: list[tuple[int, Callable[[_Scope], list[str]]]] = [
            (6, self._store), (4, self._local), (2, self._augmented), (2, self._call), (2, self._allocate),
            (2, self._set), (2, self._assert), (1, self._wait), (1, self._free), (1, self._touch), (1, self._ghost),
            (1, self._lock_call), (1, self._early_exit), (1, self._alias), (4, self._in_between),
        ]  # fmt: skip
        nested: list[tuple[int, Callable[[_Scope, int], list[str]]]] = [
            (4, self._if), (1, self._while), (2, self._for), (2, self._match), (3, self._atomic), (2, self._with_lock),
            (1, self._section), (1, self._pending),
        ]  # fmt: skip
        if depth > 0 and self.maybe(0.4):
            return self._weighted(nested)(scope, depth - 1)
        return self._weighted(simple)(scope)

    def _weighted(self, options: list[tuple[int, F]]) -> F:
        return self.random.choices([f for _, f in options], [w for w, _ in options])[0]

    def _store(self, scope: _Scope) -> list[str]:
        e = self.random.choice
        target, value = e((
            ("k.x", self.integer(scope, 1, stepping=True)),
            ("k.z", self.integer(scope, 1)),
            ("k.b", self.boolean(scope, 1, stepping=True)),
            ("k.c", self.colour(scope)),
            ("k.cur", self.reference(scope, True)),
            ("k.alt", self.reference(scope, True)),
            (f"k.arr[{self.index(scope)}]", self.integer(scope, 1, stepping=True)),
            (f"{self.cell(scope)}.f", self.boolean(scope, 1)),
            (f"{self.cell(scope)}.r", self.reference(scope, True)),
            (f"{self.node(scope)}.v", self.integer(scope, 1, stepping=True)),
            (f"{self.node(scope)}.next", self.reference(scope, True)),
            ("k.own", self.one("me()", "null", "k.m.owner") if scope.actor else "null"),
            (f"k.per[{self.instance(scope)}]", self.boolean(scope, 1)),
        ))  # fmt: skip
        if (self.maybe(0.5) and target in ("k.x", "k.z")) or ".v" in target or "arr" in target:
            value = f"({value}) % {3 if target != 'k.x' else 4}" if self.maybe(0.8) else value
        return self._guarded(f"{target} = {value}", target)

    def _guarded(self, statement: str, target: str) -> list[str]:
        """Mostly not through null, so that more than the first steps of a program are seen."""
        reference = target.rpartition(".")[0]
        if target.endswith((".v", ".next", ".lock")) and self.maybe(0.8) and "(" not in reference:
            return [f"if {reference} != null:", f"    {statement}"]
        return [statement]

    def _fresh(self, kind: str) -> str:
        self.counter += 1
        return f"{kind[0].lower()}{self.counter}"

    def _local(self, scope: _Scope) -> list[str]:
        kind = self.one("int", "int", "bool", "Node", "Node", "pair")
        known = [n for n in scope.known(kind) if not n.startswith("f")]
        name = self.random.choice(known) if known and self.maybe(0.4) else self._fresh(kind)
        if kind == "pair":
            ints, bools = self._fresh("int"), self._fresh("bool")
            pairs = [f for f in self.functions[: scope.callable] if f.result == "pair"]
            if pairs and self.maybe(0.6):
                given = self._called(scope, self.random.choice(pairs))
            elif len(known_ints := scope.known("int")) >= 2 and self.maybe(0.5):
                first, second = self.random.sample(known_ints, 2)
                if not self._swappable(first, second):
                    return ["pass"]
                return [f"{first}, {second} = {second} % 3, {first} % 3"]
            else:
                given = f"{self.integer(scope, 1, stepping=True)} % 3, {self.boolean(scope, 1)}"
            self._set_local(scope, "int", ints)
            self._set_local(scope, "bool", bools)
            return [f"{ints}, {bools} = {given}"]
        if kind == "int" and self.maybe(0.15) and name not in scope.known("int"):
            self._set_local(scope, "int", name)
            lines = [f"{name} = counter({self.one('0', '1')}, 0, {self.one('1', '2')})"]
            return [*lines, f"{name} {self.one('+=', '-=')} 1"] if self.maybe(0.7) else lines
        value = {
            "int": lambda: f"({self.integer(scope, 2, stepping=True)}) % 3",
            "bool": lambda: self.boolean(scope, 2, stepping=True),
            "Node": lambda: self.reference(scope, True),
        }[kind]()
        if kind == "Node" and value == "null":
            value = "k.cur"
        if value.startswith("choose") is False and kind == "int" and self.maybe(0.15):
            value = f"choose({self.integer(scope, 1)} % 3, {self.one('0', '1')})"
        self._set_local(scope, kind, name)
        return [f"{name} = {value}"]

    def _swappable(self, *names: str) -> bool:
        return not any(n.startswith("a") for n in names)

    def _set_local(self, scope: _Scope, kind: str, name: str) -> None:
        scope.locals.setdefault(kind, set()).add(name)

    def _augmented(self, scope: _Scope) -> list[str]:
        target = self.one("k.x", "k.z", f"k.arr[{self.index(scope)}]", f"{self.node(scope)}.v", "k.g")
        change = self.one("1", "1", self.integer(scope, 0)) if target != "k.g" else "1"
        if change == "1" and self.maybe(0.15) and target != "k.g" and (calls := self._callables(scope, "int")):
            change = self._called(scope, self.random.choice(calls)) + " % 2"
        if self.maybe(0.7):
            return self._guarded(f"{target} = ({target} + {change}) % 3", target) if target != "k.g" else ["k.g = 1"]
        return self._guarded(f"{target} {self.one('+=', '-=')} {change}", target)

    def _callables(self, scope: _Scope, result: str | None) -> list[_Function]:
        return [f for f in self.functions[: scope.callable] if f.result == result]

    def _called(self, scope: _Scope, function: _Function) -> str:
        given = {
            "int": lambda: self.one(f"({self.integer(scope, 1, stepping=self.maybe(0.5))}) % 3", self.index(scope)),
            "bool": lambda: self.boolean(scope, 1),
            "Node": lambda: self.reference(scope, False),
            "Cell": lambda: self.cell(scope),
        }
        return f"{function.name}({', '.join(['k', *(given[p]() for p in function.parameters)])})"

    def _call(self, scope: _Scope) -> list[str]:
        functions = self.functions[: scope.callable]
        return [self._called(scope, self.random.choice(functions))] if functions else self._store(scope)

    def _allocate(self, scope: _Scope) -> list[str]:
        pool = "others" if self.two_pools and self.maybe(0.3) else "nodes"
        word = self.one("alloc", "try_alloc", "try_alloc")
        if self.maybe(0.3):
            return [f"k.{self.one('cur', 'alt')} = k.{pool}.{word}()"]
        name = self._fresh("Node")
        self._set_local(scope, "Node", name)
        return [f"{name} = k.{pool}.{word}()"]

    def _set(self, scope: _Scope) -> list[str]:
        if scope.actor and self.maybe(0.5):
            return [self.one("k.who.add(me())", "k.who.remove(me())", "k.who.clear()", "k.who.add(k.own)")]
        element = f"({self.integer(scope, 0)}) % 3"
        if self.maybe(0.2) and (calls := self._callables(scope, "int")):
            element = self._called(scope, self.random.choice(calls)) + " % 3"
        return [self.one(f"k.bs.add({element})", f"k.bs.remove({element})", "k.bs.clear()")]

    def _assert(self, scope: _Scope) -> list[str]:
        condition = self.one(
            self.boolean(scope, 1), f"{self.boolean(scope, 0)} or {self.boolean(scope, 1)}", "k.g <= 2"
        )
        self.counter += 1
        return [f'assert {condition}, "claim {self.counter}"']

    def _wait(self, scope: _Scope) -> list[str]:
        idle = ", idle=True" if self.maybe(0.2) and not scope.atomic else ""
        return [f"wait({self.boolean(scope, 1)}{idle})"]

    def _free(self, scope: _Scope) -> list[str]:
        node = self.node(scope)
        lines = [f"k.nodes.free({node})"]
        if node.startswith("k.") and self.maybe(0.6):
            lines.append(f"{node} = {self.one('null', 'k.alt', 'k.cur')}" if "[" not in node else "k.cur = null")
        return [f"if {node} != null:", *_nested(lines)] if self.maybe(0.8) else lines

    def _touch(self, scope: _Scope) -> list[str]:
        if not scope.atomic and self.maybe(0.3) and scope.actor:
            return ["rest()"]
        return [f"touch({self.reference(scope, False)})"]

    def _ghost(self, scope: _Scope) -> list[str]:
        return [f"k.g = {self.one('k.x', '1', '2', 'k.g')}"]

    def _lock_call(self, scope: _Scope) -> list[str]:
        lock = self.one("k.m", f"{self.cell(scope)}.lock", f"{self.node(scope)}.lock")
        if self.maybe(0.3):
            return [f"if {lock}.trylock():", f"    k.x = {self.index(scope)}", f"    {lock}.unlock()"]
        if lock.endswith(("cur.lock", "alt.lock")):
            return [f"if {lock[:-5]} != null:", *_nested([f"{lock}.lock()", *self._store(scope), f"{lock}.unlock()"])]
        return [f"{lock}.lock()", *self._store(scope), f"{lock}.unlock()"]

    def _early_exit(self, scope: _Scope) -> list[str]:
        if scope.loop and self.maybe(0.7):
            return [f"if {self.boolean(scope, 1)}:", f"    {self.one('break', 'continue')}"]
        value = "" if scope.result is None else f" {self._result(scope)}"
        return [f"if {self.boolean(scope, 1)}:", f"    return{value}"]

    def _result(self, scope: _Scope) -> str:
        match scope.result:
            case "int":
                return f"({self.integer(scope, 1, stepping=True)}) % 3"
            case "bool":
                return self.boolean(scope, 1, stepping=True)
            case "Node":
                return self.reference(scope, True)
            case _:
                return f"({self.integer(scope, 1, stepping=True)}) % 3, {self.boolean(scope, 1)}"

    def _alias(self, scope: _Scope) -> list[str]:
        if scope.loop:
            return self._store(scope)
        name = self._fresh("Cell")
        lines = [f"{name} = k.cells[{self.own_index(scope)}]"]
        lines += self._local(scope) if self.maybe(0.5) else []
        return [*lines, f"{name}.f = {self.boolean(scope, 1)}", f"k.b = {name}.f"]

    def _in_between(self, scope: _Scope) -> list[str]:
        """Something is evaluated, steps are taken, and then it is used."""
        i, j, c = self._fresh("int"), self._fresh("int"), self._fresh("Cell")
        ints = self._callables(scope, "int")
        if not ints or self.maybe(0.3):
            change = [f"{i} = {self.one('0', '1')}", f"{j} = 1 - {i}"]
            block = self.random.choice((
                [f"with k.cells[{i}].lock:", f"    {i} = {j}", f"    k.x = {i}"],
                [f"with saved(k, {i}):", f"    {i} = {j}", f"    with saved(k, {i} + 1):", "        k.b = k.x == 1"],
                [f"{c} = k.cells[{i}]", f"{i} = {j}", f"{c}.f = not {c}.f", f"k.arr[{i}] = 1"],
                [f"{i}, {j} = {j}, {i}", f"k.arr[{i}] = {j}"],
                [f"k.arr[k.x % 2] = (k.arr[k.x % 2] + {i}) % 3", f"k.x = {j}"],
            ))  # fmt: skip
            return [*change, *([] if scope.loop and block[0].startswith(c) else block)]
        f, g = (self._called(scope, self.random.choice(ints)) for _ in range(2))
        node = self.node(scope)
        lines = self.random.choice((
            [f"k.x = ({f} + {g}) % 4"],
            [f"k.b = {f} == {g}"],
            [f"k.x = (k.x + {g}) % 4"],
            [f"k.arr[0] = max({f}, {g}, k.x % 2)"],
            [f"k.arr[1] = ({f} - {g} * 2) % 3"],
            [f"if {node} != null:", f"    k.x = ({node}.v + {f}) % 4"],
            [f"k.b = k.b and {f} == 1 or {g} == 0"],
            [f"{i}, {j} = {f}, {g}", f"k.arr[{i} % 2] = {j} % 3"],
            [f"k.x = k.arr[{f} % 2] + k.arr[{g} % 2] - k.arr[0]"],
            [f"if {f} in ({g}, 1):", "    k.b = not k.b"],
            [f"k.bs.add(({f} + {g}) % 3)"],
        ))  # fmt: skip
        known = [h for h in self.functions[: scope.callable] if h.parameters[:2] == ("int", "int")]
        if known and self.maybe(0.5):
            lines = [f"{self.random.choice(known).name}(k, {f}, {g})"]
        return lines

    # ---- compound statements

    def _if(self, scope: _Scope, depth: int) -> list[str]:
        test = self.boolean(scope, 2, stepping=True)
        lines = [f"if {test}:", *_nested(self._block(scope.inner(), self.random.randint(1, 2), depth))]
        if self.maybe(0.4):
            lines += ["else:", *_nested(self._block(scope.inner(), 1, depth))]
        return lines

    def _while(self, scope: _Scope, depth: int) -> list[str]:
        if scope.atomic:
            return self._if(scope, depth)
        test = self.one("k.b", "k.x < 2", f"not {self.shared_boolean(scope)}", "k.c != Col.RED")
        return [f"while {test}:", *_nested(self._block(scope.inner(loop=True), self.random.randint(1, 2), depth))]

    def _for(self, scope: _Scope, depth: int) -> list[str]:
        name = self._fresh("for")
        domain, kind = self.random.choice((
            ("range(2)", "int"), ("range(1, 3)", "int"), ("k.nodes", "Node"), ("k.cells", "param Cell"),
            ("k.arr", "int"),
        ))  # fmt: skip
        inner = scope.inner(loop=True)
        inner.locals.setdefault(kind, set()).add(name)
        return [f"for {name} in {domain}:", *_nested(self._block(inner, self.random.randint(1, 2), depth))]

    def _match(self, scope: _Scope, depth: int) -> list[str]:
        subject, cases = self.random.choice((
            ("k.c", ("Col.RED", "Col.BLUE", "Col.GREEN | Col.BLUE")),
            ("k.x", ("0", "1 | 2", "3")),
            ("k.b", ("True", "False")),
        ))  # fmt: skip
        if subject == "k.x" and (calls := self._callables(scope, "int")) and self.maybe(0.4):
            subject = self._called(scope, self.random.choice(calls))
        lines = [f"match {subject}:"]
        for case in self.random.sample(cases, 2):
            lines += [f"    case {case}:", *_nested(_nested(self._block(scope.inner(), 1, depth)))]
        if self.maybe(0.5):
            lines += ["    case _:", *_nested(_nested(self._block(scope.inner(), 1, depth)))]
        return lines

    def _atomic(self, scope: _Scope, depth: int) -> list[str]:
        """One step: with calls in it, it is kept short, as its paths multiply and its expressions grow."""
        calls = self.maybe(0.25)
        inner = scope.inner(atomic=True, loop=False, callable=min(scope.callable, 1) if calls else 0)
        return ["with atomic():", *_nested(self._block(inner, self.random.randint(1, 2 if calls else 4), depth))]

    def _with_lock(self, scope: _Scope, depth: int) -> list[str]:
        lock = self.one(
            "k.m", f"{self.cell(scope)}.lock", f"{self.node(scope)}.lock", f"k.cells[{self.own_index(scope)}].lock"
        )
        return [f"with {lock}:", *_nested(self._block(scope.inner(), self.random.randint(1, 2), depth))]

    def _section(self, scope: _Scope, depth: int) -> list[str]:
        value = f"({self.integer(scope, 1)}) % 3"
        return [f"with saved(k, {value}):", *_nested(self._block(scope.inner(), self.random.randint(1, 2), depth))]

    def _pending(self, scope: _Scope, depth: int) -> list[str]:
        goal = self.one('pending("goal")', 'pending("other")')
        return [f"with {goal}:", *_nested(self._block(scope.inner(), self.random.randint(1, 2), depth))]

    # ---- expressions

    def own_index(self, scope: _Scope) -> str:
        """An index that reads no shared state."""
        known = scope.known("int")
        return f"{self.random.choice(known)} % 2" if known and self.maybe(0.6) else self.one("0", "1")

    def index(self, scope: _Scope) -> str:
        return self.own_index(scope) if self.maybe(0.6) else "k.x" if self.maybe(0.15) else "k.x % 2"

    def instance(self, scope: _Scope) -> str:
        return "me()" if scope.actor == "act0" else self.one("0", "k.own")

    def cell(self, scope: _Scope) -> str:
        known = scope.known("param Cell")
        return self.random.choice(known) if known and self.maybe(0.6) else f"k.cells[{self.index(scope)}]"

    def node(self, scope: _Scope) -> str:
        known = scope.known("Node")
        if known and self.maybe(0.7):
            return self.random.choice(known)
        if self.maybe(0.8):
            return self.one("k.cur", "k.cur", "k.alt")
        return self.one("k.nodes[0]", "k.cur.next", f"{self.cell(scope)}.r")

    def reference(self, scope: _Scope, null: bool) -> str:
        if null and self.maybe(0.2):
            return "null"
        if self.maybe(0.1) and (calls := self._callables(scope, "Node")):
            return self._called(scope, self.random.choice(calls))
        return self.node(scope)

    def colour(self, scope: _Scope) -> str:
        return self.one("Col.RED", "Col.GREEN", "Col.BLUE", "k.c")

    def integer(self, scope: _Scope, depth: int, stepping: bool = False) -> str:
        if stepping and self.maybe(0.25) and (calls := self._callables(scope, "int")):
            return self._called(scope, self.random.choice(calls))
        if depth and self.maybe(0.4):
            left, right = self.integer(scope, depth - 1, stepping), self.integer(scope, depth - 1, stepping)
            return self.one(
                f"{left} + {right}", f"({left} - {right})", f"({left}) // 2", f"({left}) % 3", f"min({left}, {right})",
                f"max({left}, {right})", f"-({left})" if depth > 1 else left, f"({left} + 1) * 2",
            )  # fmt: skip
        known = scope.known("int")
        if known and self.maybe(0.4):
            return self.random.choice(known)
        return self.one(
            "0", "1", "2", "k.x", "k.z", f"k.arr[{self.index(scope)}]", f"{self.node(scope)}.v", "len(k.bs)",
            "sum(q.v for q in k.nodes)", "sum(v > 0 for v in k.arr)", *[f"value_of({self.node(scope)})"] * 4,
            f"(k.x if {self.shared_boolean(scope)} else {self.node(scope)}.v)",
        )  # fmt: skip

    def shared_boolean(self, scope: _Scope) -> str:
        return self.one("k.b", "k.x == 1", "k.c == Col.RED", "k.cur == null", "k.alt != k.cur", "1 in k.bs")

    def boolean(self, scope: _Scope, depth: int, stepping: bool = False) -> str:
        if stepping and self.maybe(0.2) and (calls := self._callables(scope, "bool")):
            return self._called(scope, self.random.choice(calls))
        if depth and self.maybe(0.45):
            left, right = self.boolean(scope, depth - 1, stepping), self.boolean(scope, depth - 1, stepping)
            return self.one(f"({left} and {right})", f"({left} or {right})", f"not ({left})", f"({left}) == ({right})")
        known = scope.known("bool")
        if known and self.maybe(0.4):
            return self.random.choice(known)
        p = self.node(scope)
        options = [
            "k.b", "k.x == 1", "k.z < 0", f"{self.integer(scope, 1, stepping)} <= {self.integer(scope, 1, stepping)}",
            "k.c == Col.RED", "k.c in (Col.RED, Col.BLUE)", "k.cur == null",
            f"{p} == {'k.alt' if p == 'k.cur' else 'k.cur'}",
            f"{p} != null and {p}.v == 1", f"{p} == null or {p}.next == null", f"alive({p})", f"{self.cell(scope)}.f",
            f"small(k, {self.integer(scope, 0)})", f"sees(k, {p})", "k.own == null", "k.m.owner == null",
            "any(c.f for c in k.cells)", "all(q.next == null for q in k.nodes if q.v > 0)", "1 in k.bs",
            "any(all(v != w for v in k.arr) for w in range(3))", f"{self.integer(scope, 0)} in k.bs",
        ]  # fmt: skip
        if scope.actor:
            options += ["me() in k.who", "k.own == me()", "k.m.owner != me()"]
        return self.random.choice(options)


def _nested(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _indented(lines: list[str]) -> str:
    return "\n".join(_nested(lines)) + "\n"
