# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Random programs whose processes and heap slots really are interchangeable, and that hold locks; seeded.

An index of a class occurs as ``Me``, as a quantifier's variable, or as it is stored in a process id, and is compared
and indexed with only; a slot occurs as a reference. So every renaming maps runs to runs. Some locations are entered by
taking a lock that all classes respect, so that steps between are exclusive, which random guards seldom make them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from svmcheck.model.ir.expr import TRUE, Binary, BinaryOp, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from svmcheck.model.ir.layout import cells
from svmcheck.model.ir.program import (
    Check,
    Dim,
    Edge,
    Heap,
    Invariant,
    Location,
    Process,
    Program,
    Update,
    Variable,
)
from svmcheck.model.ir.types import BOOL, BoolType, IntType, PidType, RefType, SetType, Type
from tests.random_ir import HERE

SLOTS = 2
SMALL = IntType(0, 2)


def random_symmetric(seed: int) -> Program:
    """Two classes, of which one at least is symmetric; in every other program a symmetric heap as well."""
    return _Writer(Random(seed), heap=seed % 2 == 1).program()


@dataclass
class _Writer:
    random: Random
    heap: bool
    variables: list[Variable] = field(default_factory=list)
    me: Expr | None = None  # the stepping process as a value of a process id; None outside of processes
    name: str = ""  # its class
    classes: dict[str, int] = field(default_factory=dict)

    def program(self) -> Program:
        self.classes = {"a": self.random.choice((2, 2, 3)), "b": self.random.choice((1, 1, 2))}
        self.pids = PidType(tuple(f"{name}[{i}]" for name, count in self.classes.items() for i in range(count)))
        self._declare()
        processes: list[Process] = []
        first = 1
        for name, count in self.classes.items():
            self.name, self.me = name, Binary("+", Me(SMALL), _int(first), self.pids)
            processes.append(self._process(name, count))
            first += count
        self.name, self.me = "", None
        fields = tuple(v.name for v in self.variables if v.name.startswith("h."))
        return Program(
            name="symmetric",
            options=(),
            sizes=(),
            variables=tuple(self.variables),
            heaps=(Heap("h", SLOTS, "h.used", fields, True),) if self.heap else (),
            processes=tuple(processes),
            invariants=tuple(self._invariant(k) for k in range(self.random.randint(0, 2))),
            temporal=(),
            goals=(),
            covers=tuple(dict.fromkeys(m for p in processes for e in p.edges for m in e.marks)),
            initial=(tuple(value for v in self.variables for value in (v.initial,) * cells(v)),),
        )

    def _declare(self) -> None:
        everybody = SetType(self.pids, 1, len(self.pids.names))
        for name in ("lock", "other"):
            self._add(name, self.pids)
        for number in range(self.random.randint(2, 3)):
            self._add(f"v{number}", self.random.choice((BOOL, SMALL, self.pids, everybody)))
        for name, count in self.classes.items():
            for number in range(self.random.randint(0, 2)):
                kinds = (BOOL, SMALL, SMALL, self.pids) if count > 1 else (BOOL, SMALL)
                self._add(f"{name}.x{number}", self.random.choice(kinds), Dim(count, name), owner=name)
        if self.heap:
            slots = Dim(SLOTS, "h")
            self._add("h.used", BOOL, slots)
            self._add("h.data", self.random.choice((BOOL, self.pids, RefType("h", SLOTS))), slots)
            self._add("root", RefType("h", SLOTS))

    def _add(self, name: str, kind: Type, *dims: Dim, owner: str | None = None) -> None:
        self.variables.append(Variable(name, kind, dims, kind.lo, owner))

    # ---- automata

    def _process(self, name: str, count: int) -> Process:
        """A ring of locations with short cuts; some way through, a lock is held."""
        places = self.random.randint(3, 6)
        held = range(*sorted(self.random.sample(range(1, places), 2))) if places > 3 else range(0)
        lock = self.random.choice(("lock", "lock", "other"))
        edges: list[Edge] = []
        for at in range(places):
            target = (at + 1) % places
            edges.append(self._edge(at, target, *self._locking(lock, at in held, target in held)))
            if self.random.random() < 0.3:
                short = self.random.choice([t for t in range(places) if (t in held) == (at in held)])
                edges.append(self._edge(at, short))
        locations = tuple(self._place() for _ in range(places))
        return Process(name, count, locations, tuple(edges), 0, count > 1, HERE)

    def _place(self) -> Location:
        roll = self.random.random()
        return Location((HERE,), "here", rests=roll < 0.1, idle=0.1 <= roll < 0.3)

    def _locking(self, lock: str, before: bool, after: bool) -> tuple[Expr, tuple[Update, ...]]:
        assert self.me is not None
        if before == after:
            return TRUE, ()
        if after:
            return _op("==", self._load(lock), _int(0)), (Update(lock, (), self.me),)
        return _op("==", self._load(lock), self.me), (Update(lock, (), _int(0)),)

    def _edge(self, source: int, target: int, guard: Expr = TRUE, updates: tuple[Update, ...] = ()) -> Edge:
        if guard == TRUE and self.random.random() < 0.4:
            guard = self._truth(1)
        checks = (Check(TRUE, self._truth(2), "asserted", "a guess failed", (HERE,)),)
        return Edge(
            source,
            target,
            "step",
            (HERE,),
            guard,
            checks if self.random.random() < 0.07 else (),
            (*(self._update() for _ in range(self.random.choice((0, 1, 1, 2)))), *updates),
            marks=("seen",) if self.random.random() < 0.1 else (),
        )

    def _update(self) -> Update:
        free = [v for v in self.variables if v.name not in ("lock", "other") and v.owner in (None, self.name)]
        v = self.random.choice(free)
        if v.name.startswith("h."):
            return self._of_slot(v)
        return Update(v.name, (Me(SMALL),) if v.owner else (), self._value(v))

    def _of_slot(self, v: Variable) -> Update:
        """The slot that the root refers to; the value there changes for a null root only by what it was."""
        slot = self._slot()
        value = self._value(v)
        root = _op("!=", self._load("root"), _int(0))
        return Update(v.name, (slot,), _choice(root, value, Load(v.name, (slot,), v.type)))

    def _slot(self) -> Expr:
        """The slot of the root, dangling or not; of a null root some slot, whose value must not matter."""
        root = self._load("root")
        return Binary("%", Binary("+", root, _int(SLOTS - 1), IntType(0, 9)), _int(SLOTS), IntType(0, SLOTS - 1))

    def _value(self, v: Variable) -> Expr:
        match v.type:
            case BoolType():
                return self._truth(1)
            case PidType():
                return self._pid()
            case SetType():
                return self._set(v)
            case RefType():
                return self.random.choice((_int(0), self._ref(), self._free_slot(), self._freed()))
            case _:
                old = Load(v.name, (Me(SMALL),) if v.owner else (), v.type) if not v.name.startswith("h.") else _int(0)
                added = Binary("%", Binary("+", old, _int(1), IntType(0, 3)), _int(3), SMALL)
                return self.random.choice((_int(self.random.randint(0, 2)), added))

    def _ref(self) -> Expr:
        return self._load("root")

    def _freed(self) -> Expr:
        """The root as a dangling reference."""
        root = self._load("root")
        live = Binary("and", _op(">", root, _int(0)), _op("<=", root, _int(SLOTS)), BOOL)
        return _choice(live, Binary("+", root, _int(SLOTS), RefType("h", SLOTS)), root)

    def _free_slot(self) -> Expr:
        """The only slot that is not used; null if there are more, or none."""
        used = [Load("h.used", (_int(k),), BOOL) for k in range(SLOTS)]
        one = _op("==", Binary("+", used[0], used[1], IntType(0, 2)), _int(1))
        return _choice(one, _choice(used[0], _int(2), _int(1)), _int(0))

    def _set(self, v: Variable) -> Expr:
        old = Load(v.name, (), v.type)
        if self.random.random() < 0.2:
            return Const(0, v.type)
        assert self.me is not None
        bit = Binary("-", self.me, _int(1), IntType(0, 9))
        return Binary(self.random.choice(("with", "with", "without")), old, bit, v.type)

    # ---- expressions

    def _pid(self) -> Expr:
        loads = [self._local(v) for v in self.variables if v.type == self.pids and self._is_mine(v)]
        assert self.me is not None
        return self.random.choice((self.me, self.me, _int(0), self.random.choice(loads)))

    def _is_mine(self, v: Variable) -> bool:
        return not v.dims or (v.owner == self.name and bool(self.name))

    def _local(self, v: Variable) -> Expr:
        return Load(v.name, (Me(SMALL),) if v.dims else (), v.type)

    def _truth(self, depth: int) -> Expr:
        if depth and self.random.random() < 0.3:
            op: BinaryOp = self.random.choice(("and", "or"))
            return Binary(op, self._truth(depth - 1), self._truth(depth - 1), BOOL)
        if depth and self.random.random() < 0.25:
            return self._quantified()
        v = self.random.choice([v for v in self.variables if self._is_mine(v)])
        value = self._local(v)
        match v.type:
            case BoolType():
                return value if self.random.random() < 0.5 else Unary("not", value, BOOL)
            case SetType():
                return self._about_set(v, value)
            case PidType():
                other = _int(0) if self.me is None or self.random.random() < 0.4 else self._pid()
                return _op(self.random.choice(("==", "!=")), value, other)
            case RefType():
                return _op(self.random.choice(("==", "!=", "<=")), value, _int(self.random.choice((0, SLOTS))))
            case _:
                return _op(self.random.choice(("==", "!=", "<")), value, _int(self.random.randint(0, 2)))

    def _about_set(self, v: Variable, value: Expr) -> Expr:
        if self.me is None or self.random.random() < 0.4:
            count = Unary("popcount", value, IntType(0, 9))
            return _op(self.random.choice(("==", "<")), count, _int(self.random.randint(0, 2)))
        return _op("has", value, Binary("-", self.me, _int(1), IntType(0, 9)))

    def _quantified(self) -> Expr:
        """Over the members of a class or the slots of the heap."""
        arrays = [v for v in self.variables if v.dims and v.type in (BOOL, SMALL)]
        if not arrays:
            return self._truth(0)
        v = self.random.choice(arrays)
        count = v.dims[0].size
        body = _op(self.random.choice(("==", "<")), Load(v.name, (Bound("q", SMALL),), v.type), _int(1))
        return Quant(self.random.choice(("all", "any")), "q", 0, count, body, BOOL, SMALL)

    def _invariant(self, number: int) -> Invariant:
        expr = Binary("or", self._truth(2), Binary("or", self._truth(2), self._truth(1), BOOL), BOOL)
        return Invariant(f"clause{number}", expr, (), HERE, self.random.choice(("invariant", "invariant", "balance")))

    def _load(self, name: str) -> Expr:
        v = next(v for v in self.variables if v.name == name)
        return Load(name, (), v.type)


def _int(value: int) -> Const:
    return Const(value, IntType(value, value))


def _op(op: BinaryOp, left: Expr, right: Expr) -> Expr:
    return Binary(op, left, right, BOOL)


def _choice(test: Expr, then: Expr, other: Expr) -> Expr:
    return Ite(test, then, other, then.type)
