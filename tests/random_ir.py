# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Random IR programs for comparing engines: small, well-formed, and using every construct of the IR.

Well-formed means what the compiler promises: no division by zero, no load or store outside an array unless a check or
the order of evaluation keeps it from happening, no stored value outside its domain unless a check fails first, and a
pending goal that is completed by every edge that leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from svmcheck.model.ir.expr import FALSE, TRUE, Binary, BinaryOp, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from svmcheck.model.ir.layout import cells
from svmcheck.model.ir.program import (
    Check,
    Dim,
    Edge,
    Fairness,
    Frame,
    Invariant,
    Location,
    Process,
    Program,
    Temporal,
    Update,
    Variable,
)
from svmcheck.model.ir.types import BOOL, BoolType, EnumType, IntType, PidType, SetType, Type

HERE = Frame("random.py", 1, 1, 1, 2, "f")
ANY = IntType(-1000, 1000)
COLOURS = EnumType("Colour", ("RED", "GREEN", "BLUE"))
GOALS = ("serve", "drain")


def random_program(seed: int, *, checks: bool = True, wide: bool = False) -> Program:
    """The program of a seed. ``checks``: with assertions, bounds and invariants. ``wide``: states of several words."""
    return _Writer(Random(seed), checks, wide).program()


@dataclass
class _Writer:
    random: Random
    checks: bool
    wide: bool
    variables: list[Variable] = field(default_factory=list)
    me: int = 0  # instances of the class being written; 0 outside of processes

    def program(self) -> Program:
        classes = [(f"p{k}", self.random.choice((1, 1, 2, 2, 3))) for k in range(self.random.choice((1, 2, 2, 3)))]
        self._declare(classes)
        goals = GOALS[: self.random.choice((0, 1, 1, 2))]
        processes = tuple(self._process(name, count, goals) for name, count in classes)
        self.me = 0
        pending = dict.fromkeys(g for p in processes for at in p.locations for g in at.pending)
        return Program(
            name="random",
            options=(),
            sizes=(),
            variables=tuple(self.variables),
            heaps=(),
            processes=processes,
            invariants=tuple(self._invariant(k) for k in range(self.random.randint(0, 2) if self.checks else 0)),
            temporal=tuple(self._temporal(k) for k in range(self.random.choice((0, 0, 1)))),
            goals=tuple(pending),
            covers=tuple(dict.fromkeys(m for p in processes for e in p.edges for m in e.marks)),
            initial=tuple(self._initial() for _ in range(self.random.choice((1, 1, 1, 3)))),
        )

    # ---- declarations

    def _declare(self, classes: list[tuple[str, int]]) -> None:
        everybody = PidType(tuple(f"{name}[{i}]" for name, count in classes for i in range(count)))
        for number in range(self.random.randint(2, 4)):
            kind = self._type(everybody)
            dims = tuple(Dim(self.random.randint(1, 3)) for _ in range(self.random.choice((0, 0, 0, 1, 2))))
            self._add(f"v{number}", kind, dims)
        for name, count in classes:
            if self.random.random() < 0.6:
                self._add(f"{name}.x", self._type(everybody), (Dim(count, name),), name)
        if self.wide:  # hardly ever written, so that the number of states stays small
            self._add("long", IntType(-5, 2), (Dim(self.random.choice((25, 40))),))
            self._add("sets", SetType(IntType(0, 32), 0, 33), (Dim(3),))

    def _add(self, name: str, kind: Type, dims: tuple[Dim, ...], owner: str | None = None) -> None:
        self.variables.append(Variable(name, kind, dims, self.random.randint(kind.lo, min(kind.hi, 9)), owner))

    def _type(self, everybody: PidType) -> Type:
        lo = self.random.choice((0, 0, -2, 1))
        number = IntType(lo, lo + self.random.choice((0, 1, 2, 3)))
        return self.random.choice((BOOL, BOOL, number, number, COLOURS, everybody, SetType(COLOURS, 0, 3)))

    def _initial(self) -> tuple[int, ...]:
        varied = self.random.choice(self.variables).name
        result: list[int] = []
        for v in self.variables:
            top = min(v.type.hi, 9)
            result += [self.random.randint(v.type.lo, top) if v.name == varied else v.initial for _ in range(cells(v))]
        return tuple(result)

    # ---- automata

    def _process(self, name: str, count: int, goals: tuple[str, ...]) -> Process:
        self.me = count
        places = [self._place(goals) for _ in range(self.random.randint(2, 5))]
        edges = [self._edge(source, places) for source in range(len(places)) for _ in range(self._out(places[source]))]
        return Process(name, count, tuple(places), tuple(edges), 0, False, HERE)

    def _out(self, place: Location) -> int:
        return 0 if place.ends else self.random.choice((1, 1, 2, 2, 3))

    def _place(self, goals: tuple[str, ...]) -> Location:
        roll = self.random.random()
        return Location(
            (HERE,),
            "here",
            pending=tuple(g for g in goals if self.random.random() < 0.4),
            urgent=self._truth(1) if self.random.random() < 0.15 else None,
            rests=roll < 0.1,
            idle=0.1 <= roll < 0.25,
            ends=0.25 <= roll < 0.32,
        )

    def _edge(self, source: int, places: list[Location]) -> Edge:
        target = self.random.randrange(len(places))
        updates, demanded = self._updates()
        if self.checks and self.random.random() < 0.08:
            demanded.append(Check(self._truth(1), self._truth(2), "asserted", "a guess failed", (HERE,)))
        left = [g for g in places[source].pending if g not in places[target].pending]
        again = [g for g in places[source].pending if g not in left and self.random.random() < 0.1]
        demand = self.random.choice((None, None, None, "lock", "turn"))
        return Edge(
            source,
            target,
            "step",
            (HERE,),
            guard=self._truth(2) if self.random.random() < 0.6 else TRUE,
            checks=tuple(demanded),
            updates=updates,
            completes=(*left, *again),
            marks=("seen",) if self.random.random() < 0.1 else (),
            fairness=Fairness("handover", demand, demand) if demand else None,
        )

    def _updates(self) -> tuple[tuple[Update, ...], list[Check]]:
        updates: list[Update] = []
        demanded: list[Check] = []
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 3))):
            v = self.random.choice(self.variables)
            value = self._value(v.type)
            if self.checks and self.random.random() < 0.15:
                value = self._number(2)
                inside = _and(_op("<=", _int(v.type.lo), value), _op("<=", value, _int(v.type.hi)))
                demanded.append(Check(TRUE, inside, "bounds", "a value leaves its domain", (HERE,)))
            updates.append(Update(v.name, tuple(self._index(d) for d in v.dims), value))
        return tuple(updates), demanded

    def _invariant(self, number: int) -> Invariant:
        # Likely to hold at first, so that some violations lie deep.
        expr = _or(self._truth(2), _or(self._truth(2), self._truth(1)))
        checks = (Check(self._truth(1), _or(self._truth(1), self._truth(1)), "bounds", "a load is wrong", (HERE,)),)
        guarded = checks if self.random.random() < 0.3 else ()
        return Invariant(f"clause{number}", expr, guarded, HERE, self.random.choice(("invariant", "balance")))

    def _temporal(self, number: int) -> Temporal:
        if self.random.random() < 0.5:
            return Temporal(f"later{number}", "leads-to", self._truth(2), self._truth(1), HERE)
        return Temporal(f"later{number}", "always-eventually", TRUE, self._truth(1), HERE)

    # ---- expressions

    def _value(self, kind: Type) -> Expr:
        """An expression that stays in the domain."""
        match kind:
            case BoolType():
                return self._truth(2)
            case SetType():
                return self._set(kind)
            case _ if self.random.random() < 0.4:
                return _int(self.random.randint(kind.lo, kind.hi))
            case _:
                size = kind.hi - kind.lo + 1
                wrapped = _op("+", _op("%", self._number(2), _int(size)), _int(kind.lo))
                raw = self._number(1)
                inside = _and(_op("<=", _int(kind.lo), raw), _op("<=", raw, _int(kind.hi)))
                return wrapped if self.random.random() < 0.5 else Ite(inside, raw, _int(kind.lo), kind)

    def _set(self, kind: SetType) -> Expr:
        loads = [self._load(v) for v in self.variables if v.type == kind]
        old = self.random.choice(loads) if loads else Const(0, kind)
        bit = _op("%", self._number(1), _int(kind.count))
        match self.random.randrange(5):
            case 0:
                return Const(self.random.randint(0, min(kind.hi, 255)), kind)
            case 1 | 2:
                return Binary(self.random.choice(("with", "without")), old, bit, kind)
            case _:
                other = Const(self.random.randint(0, min(kind.hi, 255)), kind)
                return Binary(self.random.choice(("union", "minus", "meet")), old, other, kind)

    def _truth(self, depth: int) -> Expr:
        if depth == 0:
            return self._comparison(0)
        match self.random.randrange(10):
            case 0:
                return Unary("not", self._truth(depth - 1), BOOL)
            case 1:
                return _and(self._truth(depth - 1), self._truth(depth - 1))
            case 2:
                return _or(self._truth(depth - 1), self._truth(depth - 1))
            case 3:
                return self._quantified("all" if self.random.random() < 0.5 else "any", depth)
            case 4:
                return self._guarded_load()
            case 5:
                return Ite(self._truth(depth - 1), self._truth(depth - 1), self.random.choice((TRUE, FALSE)), BOOL)
            case _:
                return self._comparison(depth - 1)

    def _comparison(self, depth: int) -> Expr:
        sets = [v for v in self.variables if isinstance(v.type, SetType)]
        if sets and self.random.random() < 0.2:
            v = self.random.choice(sets)
            return _op("has", self._load(v), _op("%", self._number(0), _int(v.type.hi.bit_length())))
        op: BinaryOp = self.random.choice(("==", "==", "!=", "<", "<=", ">", ">="))
        return _op(op, self._number(depth), self._number(depth))

    def _number(self, depth: int) -> Expr:
        if depth == 0:
            small = [v for v in self.variables if v.type.hi < 100]
            choices: list[Expr] = [_int(self.random.randint(-2, 4)), self._load(self.random.choice(small))]
            if self.me:
                choices.append(Me(ANY))
            return self.random.choice(choices)
        match self.random.randrange(8):
            case 0:
                return Unary("-", self._number(depth - 1), ANY)
            case 1:
                sets = [v for v in self.variables if isinstance(v.type, SetType)]
                return Unary("popcount", self._load(self.random.choice(sets)), ANY) if sets else self._number(0)
            case 2:
                divisor = _int(self.random.choice((-3, -1, 1, 2, 3)))
                return _op(self.random.choice(("//", "%")), self._number(depth - 1), divisor)
            case 3 | 4:
                return _op(self.random.choice(("+", "-", "*")), self._number(depth - 1), self._number(depth - 1))
            case 5:
                return self._quantified("sum", depth)
            case 6:
                return Ite(self._truth(depth - 1), self._number(depth - 1), self._number(0), ANY)
            case _:
                return self._number(0)

    def _quantified(self, op: str, depth: int) -> Expr:
        v = self.random.choice(self.variables)
        kind = ANY if op == "sum" else BOOL
        first, count = self.random.choice((0, 0, 1)), self.random.choice((0, 1, 2, 3, 20))
        if v.dims:  # over the cells of an array, loop variable as index
            first, count = 0, v.dims[0].size
            index = (Bound("q", ANY), *(self._index(d) for d in v.dims[1:]))
            body: Expr = Load(v.name, index, v.type)
        else:
            body = _op("*", Bound("q", ANY), self._number(0))
        if op != "sum":
            body = _op(self.random.choice(("==", "!=", "<=", ">=")), body, self._number(depth - 1))
        return Quant("sum" if op == "sum" else "all" if op == "all" else "any", "q", first, count, body, kind, ANY)

    def _guarded_load(self) -> Expr:
        """A load that would leave its array, were it not for the test before it."""
        arrays = [v for v in self.variables if v.dims]
        if not arrays:
            return self._comparison(0)
        v = self.random.choice(arrays)
        index = self._number(1)
        rest = tuple(self._index(d) for d in v.dims[1:])
        inside = _and(_op("<=", _int(0), index), _op("<", index, _int(v.dims[0].size)))
        return _and(inside, _op("==", Load(v.name, (index, *rest), v.type), self._number(0)))

    def _load(self, v: Variable) -> Expr:
        return Load(v.name, tuple(self._index(d) for d in v.dims), v.type)

    def _index(self, dim: Dim) -> Expr:
        if self.me and self.me <= dim.size and self.random.random() < 0.5:
            return Me(ANY)
        scalars = [v for v in self.variables if not v.dims]
        if scalars and self.random.random() < 0.3:
            v = self.random.choice(scalars)
            return _op("%", Load(v.name, (), v.type), _int(dim.size))
        return _int(self.random.randrange(dim.size))


def _int(value: int) -> Const:
    return Const(value, IntType(value, value))


def _op(op: BinaryOp, left: Expr, right: Expr) -> Binary:
    truth = op in ("==", "!=", "<", "<=", ">", ">=", "has")
    return Binary(op, left, right, BOOL if truth else ANY)


def _and(left: Expr, right: Expr) -> Binary:
    return Binary("and", left, right, BOOL)


def _or(left: Expr, right: Expr) -> Binary:
    return Binary("or", left, right, BOOL)
