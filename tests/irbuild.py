# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A small builder of IR programs for tests: automata written as a list of edges between named locations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from svmcheck.model.ir.expr import (
    TRUE,
    Binary,
    BinaryOp,
    Bound,
    Const,
    Expr,
    Ite,
    Load,
    Me,
    Quant,
    QuantOp,
    Unary,
    integer,
)
from svmcheck.model.ir.layout import cells
from svmcheck.model.ir.program import (
    Check,
    Dim,
    Edge,
    Fairness,
    Frame,
    Heap,
    Invariant,
    Location,
    Process,
    Program,
    Temporal,
    Update,
    Variable,
)
from svmcheck.model.ir.types import BOOL, IntType, PidType, Type

SMALL = IntType(0, 7)


def frame(line: int, function: str = "body") -> Frame:
    return Frame("test.py", line, 1, line, 9, function)


def load(var: str, *index: Expr, type: Type = SMALL) -> Load:
    return Load(var, index, type)


def mine(var: str, type: Type = SMALL) -> Load:
    """The local variable of the stepping process."""
    return Load(var, (ME,), type)


def const(value: int | Expr) -> Expr:
    return integer(value) if isinstance(value, int) else value


def binary(op: BinaryOp, left: int | Expr, right: int | Expr, type: Type = BOOL) -> Binary:
    return Binary(op, const(left), const(right), type)


def eq(left: int | Expr, right: int | Expr) -> Binary:
    return binary("==", left, right)


def ne(left: int | Expr, right: int | Expr) -> Binary:
    return binary("!=", left, right)


def plus(left: int | Expr, right: int | Expr) -> Binary:
    return binary("+", left, right, SMALL)


def both(left: Expr, right: Expr) -> Binary:
    return binary("and", left, right)


def either(left: Expr, right: Expr) -> Binary:
    return binary("or", left, right)


def negated(arg: Expr) -> Unary:
    return Unary("not", arg, BOOL)


def ite(test: Expr, then: int | Expr, other: int | Expr, type: Type = SMALL) -> Ite:
    return Ite(test, const(then), const(other), type)


def quant(op: QuantOp, name: str, count: int, body: Expr, first: int = 0, domain: Type | None = None) -> Quant:
    domain = domain or IntType(first, first + count - 1)
    return Quant(op, name, first, count, body, SMALL if op == "sum" else BOOL, domain)


def bound(name: str, type: Type = SMALL) -> Bound:
    return Bound(name, type)


def put(var: str, value: int | Expr, *index: Expr) -> Update:
    return Update(var, index, const(value))


def put_mine(var: str, value: int | Expr) -> Update:
    return Update(var, (ME,), const(value))


ME = Me(SMALL)


def check(ok: Expr, name: str = "asserted", message: str = "it is wrong", when: Expr = TRUE, line: int = 90) -> Check:
    return Check(when, ok, name, message, (frame(line - 1, "caller"), frame(line)))


@dataclass
class Automaton:
    """One process class. Locations are named and numbered in order of first mention; the first is the entry."""

    name: str
    count: int = 1
    symmetric: bool = False
    names: list[str] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    traits: dict[str, dict[str, object]] = field(default_factory=dict)

    def at(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def place(self, name: str, **traits: object) -> Automaton:
        """Set attributes of the location: pending, urgent, rests, idle, ends."""
        self.at(name)
        self.traits[name] = traits
        return self

    def edge(
        self,
        source: str,
        target: str,
        *updates: Update,
        guard: Expr = TRUE,
        checks: tuple[Check, ...] = (),
        completes: tuple[str, ...] = (),
        marks: tuple[str, ...] = (),
        fair: str = "",
        choice: bool = False,
    ) -> Automaton:
        """``fair``: the subject of a strong fairness demand, empty for none."""
        fairness = Fairness("choice" if choice else "handover", fair, f"{fair} at {source}") if fair else None
        self.edges.append(
            Edge(
                self.at(source), self.at(target), f"{source} to {target}", (frame(len(self.edges) + 1),), guard, checks,
                updates, completes, marks, (), fairness,
            )
        )  # fmt: skip
        return self

    def process(self) -> Process:
        places: list[Location] = []
        for number, name in enumerate(self.names):
            place = Location((frame(100 + number, self.name),), name)
            places.append(replace(place, **self.traits.get(name, {})))  # pyright: ignore[reportArgumentType]
        return Process(self.name, self.count, tuple(places), tuple(self.edges), 0, self.symmetric, frame(1, self.name))


def variable(name: str, *dims: Dim | int, type: Type = SMALL, initial: int = 0, hidden: bool = False) -> Variable:
    return Variable(name, type, tuple(Dim(d) if isinstance(d, int) else d for d in dims), initial, hidden=hidden)


def local(name: str, owner: Automaton, type: Type = SMALL, initial: int = 0) -> Variable:
    return Variable(name, type, (Dim(owner.count, owner.name),), initial, owner.name)


def pids(*automata: Automaton) -> PidType:
    return PidType(tuple(f"{a.name}[{i}]" if a.count > 1 else a.name for a in automata for i in range(a.count)))


def program(
    *automata: Automaton,
    variables: tuple[Variable, ...] = (),
    invariants: tuple[Invariant, ...] = (),
    temporal: tuple[Temporal, ...] = (),
    heaps: tuple[Heap, ...] = (),
    initial: tuple[dict[str, tuple[int, ...]], ...] = ({},),
) -> Program:
    """``initial``: for each first state the cells of the variables that differ from their declared initial value."""
    processes = tuple(a.process() for a in automata)
    goals = dict.fromkeys(g for p in processes for place in p.locations for g in place.pending)
    covers = dict.fromkeys(m for p in processes for e in p.edges for m in e.marks)
    states = tuple(
        tuple(value for v in variables for value in given.get(v.name, (v.initial,) * cells(v))) for given in initial
    )
    sizes = tuple((a.name, a.count) for a in automata)
    return Program(
        "test", (), sizes, variables, heaps, processes, invariants, temporal, tuple(goals), tuple(covers), states
    )


def invariant(name: str, expr: Expr, *checks: Check, balance: bool = False) -> Invariant:
    return Invariant(name, expr, checks, frame(200, name), "balance" if balance else "invariant")


def leads_to(name: str, premise: Expr, conclusion: Expr) -> Temporal:
    return Temporal(name, "leads-to", premise, conclusion, frame(300, name))


def always_eventually(name: str, conclusion: Expr) -> Temporal:
    return Temporal(name, "always-eventually", TRUE, conclusion, frame(301, name))


ONE = Const(1, BOOL)
