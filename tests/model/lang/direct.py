# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A second meaning of the protocol language: its source text, executed statement by statement on real values.

Nothing of the compiler is used but the declarations (classes of declare.py). A process is a stack of frames, each with
an environment and a stack of what is left to do; the scheduler chooses before every step, and all schedules are tried,
with no reduction of any kind. It exists to be compared with the compiler (test_against_direct.py).

What is one step, as docs/language.md has it: a statement, a test, an argument list that reads or writes shared state; a
``choose``; a ``wait`` that gets through; an ``atomic`` block. Everything else is no step: it happens right after the
step before. ``assert`` is evaluated whenever its actor stands in front of it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import product
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from svmcheck.model.lang import statements as words
from svmcheck.model.lang.declare import Array, Field, Lock, Options, Pid, Pool, Record, Size, Spec, World
from svmcheck.model.lang.decorators import Actors, mark_of

WORDS = {
    getattr(words, name): name for name in words.__dict__ if not name.startswith("_") and callable(getattr(words, name))
}
PYTHON = {all: "all", any: "any", sum: "sum", len: "len", range: "range", min: "min", max: "max"}
STEPPING = ("choose", "alloc", "try_alloc")

Cell = tuple[str, tuple[int, ...]]


# ---- values


class Ref(NamedTuple):
    """A reference: the slot it names, and whether the record it was made for is still there."""

    heap: str
    slot: int
    live: bool


class Slot(NamedTuple):
    """``k.pages[0]``: a slot by its number. Becomes a Ref when it is kept somewhere."""

    heap: str
    slot: int


class Who(NamedTuple):
    """A process id: its number in the program, from 0."""

    number: int


class At(NamedTuple):
    """A record in place. ``ref``: the reference that was followed to get here, if ``through``."""

    cls: type
    path: str
    index: tuple[int, ...]
    through: bool = False
    ref: Ref | Slot | None = None
    parameters: tuple[tuple[str, object], ...] = ()


class Many(NamedTuple):
    """An array field that waits for its index."""

    array: Array[Any]
    path: str
    owner: At
    size: int


class Heap(NamedTuple):
    name: str
    cls: type
    slots: int
    pools: tuple[tuple[str, int, int], ...]  # attribute, first slot, number of slots


class Method(NamedTuple):
    function: FunctionType
    receiver: At | None


class Word(NamedTuple):
    name: str
    receiver: Any = None


class Place(NamedTuple):
    cell: Cell
    spec: Spec
    ghost: bool
    owner: At


class Violation(Exception):
    """A property is violated here."""

    def __init__(self, property: str) -> None:
        super().__init__(property)
        self.property = property


class _Wants(Exception):
    """Evaluation stops, because something has to be done first: its result goes to the frame's log."""


class _Keep(_Wants):
    """Keep a value that was read, before something that takes steps is evaluated."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class _Call(_Wants):
    def __init__(self, function: FunctionType, arguments: dict[str, object]) -> None:
        super().__init__()
        self.function, self.arguments = function, arguments


class _Choice(_Wants):
    """Any of the values; with ``allocated``, the slots that are taken on the way."""

    def __init__(self, values: list[object], allocate: bool = False) -> None:
        super().__init__()
        self.values, self.allocate = values, allocate


# ---- the program


@dataclass(frozen=True)
class Actor:
    function: FunctionType
    name: str
    index: int
    count: int


@dataclass
class Declared:
    """Everything a module declares about one world, read from its classes."""

    module: ModuleType
    world: type[World]
    sizes: dict[str, int]
    options: dict[str, object]
    cells: dict[Cell, object] = field(default_factory=dict)
    specs: dict[str, tuple[Spec, bool]] = field(default_factory=dict)
    heaps: dict[type, Heap] = field(default_factory=dict)
    actors: list[Actor] = field(default_factory=list)
    spaces: dict[str, list[int]] = field(default_factory=dict)  # actor name -> process numbers
    counted: dict[str, list[str]] = field(default_factory=dict)  # size -> actors

    def __post_init__(self) -> None:
        for value in vars(self.module).values():
            if isinstance(value, Actors):
                count = value.mark.count
                number = self.size(count)
                if isinstance(count, Size):
                    self.counted.setdefault(self._size_name(count), []).append(value.__name__)
                for i in range(number):
                    self.spaces.setdefault(value.__name__, []).append(len(self.actors))
                    self.actors.append(Actor(value.function, value.__name__, i, number))  # type: ignore[arg-type]
        pools: dict[type, list[tuple[str, Pool[Any]]]] = {}
        for name, value in attributes(self.world):
            if isinstance(value, Pool):
                pools.setdefault(value.record, []).append((name, value))
        for cls, found in pools.items():
            first, parts = 0, []
            for name, pool in found:
                parts.append((name, first, self.size(pool.n)))
                first += self.size(pool.n)
            self.heaps[cls] = Heap(found[0][0] if len(found) == 1 else cls.__name__, cls, first, tuple(parts))
        for name, value in attributes(self.world):
            self._declare(name, value, "", [()])
        for heap in self.heaps.values():
            for slot in range(heap.slots):
                self.cells[f"{heap.name}.allocated", (slot,)] = False
            for name, value in attributes(heap.cls):
                self._declare(name, value, f"{heap.name}.", [(i,) for i in range(heap.slots)])

    def size(self, n: int | Size) -> int:
        return n if isinstance(n, int) else self.sizes.get(self._size_name(n), n.default)

    def _size_name(self, size: Size) -> str:
        return next(name for name, value in attributes(self.world) if value is size)

    def _declare(self, name: str, value: object, prefix: str, at: list[tuple[int, ...]], ghost: bool = False) -> None:
        if isinstance(value, Field):
            spec = value.spec
            if spec.kind == "ghost":
                self._declare(name, spec.of, prefix, at, True)
                return
            self.specs[prefix + name] = (spec, ghost)
            for index in at:
                self.cells[prefix + name, index] = self.first(spec)
        elif isinstance(value, Record):
            for inner, part in attributes(type(value)):
                self._declare(inner, part, f"{prefix}{name}.", at, ghost)
        elif isinstance(value, Array):
            self._declare(name, value.of, prefix, [(*i, j) for i in at for j in range(self.size(value.n))], ghost)

    def first(self, spec: Spec) -> object:
        match spec.kind:
            case "state":
                return spec.init
            case "flag":
                return bool(spec.init)
            case "bounded":
                return self.size(spec.lo) if spec.init is None else spec.init
            case "bitset":
                return frozenset()
            case _:
                return None


def attributes(cls: type) -> Iterator[tuple[str, object]]:
    seen = set()
    for base in reversed(cls.__mro__):
        for name in vars(base):
            if name not in seen and not name.startswith("__"):
                seen.add(name)
                yield name, next(vars(b)[name] for b in cls.__mro__ if name in vars(b))


class Texts:
    """The definition of every function, by the file and line Python knows it under."""

    def __init__(self, module_file: str, text: str) -> None:
        self._files: dict[str, dict[tuple[int, str], ast.FunctionDef]] = {module_file: _functions(text)}

    def of(self, function: FunctionType) -> ast.FunctionDef:
        file = function.__code__.co_filename
        if file not in self._files:
            self._files[file] = _functions(inspect.getsource(inspect.getmodule(function)))  # type: ignore[arg-type]
        return self._files[file][function.__code__.co_firstlineno, function.__name__]


def _functions(text: str) -> dict[tuple[int, str], ast.FunctionDef]:
    return {
        (min([n.lineno, *(d.lineno for d in n.decorator_list)]), n.name): n
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.FunctionDef)
    }


# ---- the machine

Control = tuple[Any, ...]


@dataclass(frozen=True)
class Frame:
    """One activation. ``control``: what is left to do, the next thing last. ``log``: results of the current statement's
    calls, choices and kept reads, in order. ``mode``: what becomes of its result."""

    function: FunctionType
    env: tuple[tuple[str, object], ...]
    control: tuple[Control, ...]
    log: tuple[object, ...] = ()
    mode: str = "log"


Proc = tuple[Frame, ...]
State = tuple[tuple[object, ...], tuple[Proc, ...]]  # values of the cells, processes
Moves = list[tuple[str, "State | Violation"]]  # "step", "lead" (an assertion on shared state) or "local"


@dataclass
class Explored:
    """What was found. ``shared``: the values of the cells in all states; ``terminal``: where nobody can move; ``owed``:
    these with, for each process, the goals it owes where it stands."""

    shared: set[tuple[object, ...]] = field(default_factory=set)
    owed: set[tuple[object, ...]] = field(default_factory=set)
    terminal: set[tuple[object, ...]] = field(default_factory=set)
    deadlock: bool = False
    violated: set[str] = field(default_factory=set)
    states: int = 0
    complete: bool = True


class Direct:
    def __init__(
        self, module: ModuleType, world: type[World], text: str, sizes: Mapping[str, int] | None = None
    ) -> None:
        self.texts = Texts(module.__file__ or "", text)
        chosen = {}
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Options) and value is not Options:
                chosen |= {n: getattr(value, n) for n in value.__annotations__}
        self.declared = Declared(module, world, dict(sizes or {}), chosen)
        self.names = list(self.declared.cells)
        self.position = {cell: i for i, cell in enumerate(self.names)}
        self.bodies: dict[int, list[ast.stmt]] = {}
        self.nodes: dict[int, ast.AST] = {}
        self.counters: dict[FunctionType, dict[str, tuple[int, int]]] = {}

    # ---- exploring

    def explore(self, most: int = 20000) -> Explored:
        found = Explored()
        properties = self._properties()
        seen: set[State] = set()
        work: list[State] = []
        for state in self.first():
            if state not in seen:
                seen.add(state)
                work.append(state)
        while work:
            state = work.pop()
            found.states += 1
            if found.states > most:
                found.complete = False
                return found
            self._look(state, found, properties)
            able = False
            for p in range(len(state[1])):
                outcomes, violated = self.steps(state, p)
                found.violated |= violated
                able = able or bool(outcomes) or bool(violated)
                for after in outcomes:
                    if after not in seen:
                        seen.add(after)
                        work.append(after)
            if not able:
                found.terminal.add(state[0])
                found.owed.add((state[0], tuple(self._owed(proc) for proc in state[1])))
                found.deadlock = found.deadlock or any(not self._may_stay(state, p) for p in range(len(state[1])))
        return found

    def _may_stay(self, state: State, p: int) -> bool:
        """Whether a process that cannot move has ended, rests, or waits where it may do so for ever."""
        while state[1][p] and (moves := self.micro(state, p)) and moves[0][0] != "step":
            assert isinstance(moves[0][1], tuple)
            state = moves[0][1]  # an assertion in front of where it stands
        proc = state[1][p]
        if not proc:
            return True
        top = proc[-1].control[-1] if proc[-1].control else ("none",)
        node = self.bodies[top[1]][top[2]] if top[0] == "body" and top[2] < len(self.bodies[top[1]]) else None
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = ast.unparse(node.value.func)
            return called == "rest" or (
                called == "wait"
                and any(k.arg == "idle" and ast.unparse(k.value) == "True" for k in node.value.keywords)
            )
        return False

    def _look(self, state: State, found: Explored, properties: list[tuple[str, FunctionType]]) -> None:
        found.shared.add(state[0])
        for name, function in properties:
            try:
                if not self._holds(state, function):
                    found.violated.add(name)
            except Violation:
                found.violated.add(name)

    def _properties(self) -> list[tuple[str, FunctionType]]:
        return [
            (name.replace("_", "-"), value)
            for name, value in vars(self.declared.module).items()
            if isinstance(value, FunctionType) and (mark := mark_of(value)) is not None and mark.role == "invariant"
        ]

    def _holds(self, state: State, function: FunctionType) -> bool:
        node = self.texts.of(function)
        hints = inspect.get_annotations(function, eval_str=True)
        domains: list[list[tuple[str, object]]] = []
        for argument in node.args.args:
            hint = hints[argument.arg]
            if issubclass(hint, World):
                domains.append([(argument.arg, At(self.declared.world, "", ()))])
            elif hint is Pid:
                domains.append([(argument.arg, Who(n)) for n in range(len(self.declared.actors))])
            elif issubclass(hint, Enum):
                domains.append([(argument.arg, m) for m in hint])
            else:
                heap = self.declared.heaps[hint]
                slots = [i for i in range(heap.slots) if state[0][self.position[f"{heap.name}.allocated", (i,)]]]
                domains.append([(argument.arg, Ref(heap.name, i, True)) for i in slots])
        holds = True
        for combination in product(*domains):
            evaluator = _Evaluator(self, list(state[0]), dict(combination), function, None, (), specification=True)
            holds = bool(evaluator.value(_single_return(node))) and holds
        return holds

    def first(self) -> list[State]:
        states: list[State] = []
        cells = tuple(self.declared.cells.values())
        setups = [
            v for v in vars(self.declared.module).values()
            if isinstance(v, FunctionType) and (m := mark_of(v)) is not None and m.role == "initial"
        ]  # fmt: skip
        outcomes: list[tuple[object, ...]] = [cells]
        for setup in setups:
            following: list[tuple[object, ...]] = []
            for before in outcomes:
                work: list[State] = [(before, ((self._frame(setup, self._globals_of(setup)),),))]
                while work:
                    state = work.pop()
                    if not state[1][0]:
                        following.append(state[0])
                        continue
                    work += [s for _, s in self.micro(state, 0, setting_up=True) if not isinstance(s, Violation)]
            outcomes = following
        for values in outcomes:
            procs = tuple((self._frame(a.function, self._globals_of(a.function)),) for a in self.declared.actors)
            states.append((values, procs))
        return [self._settled_start(s) for s in states]

    def _settled_start(self, state: State) -> State:
        for p in range(len(state[1])):
            while state[1][p]:
                micro = _Micro(self, state, p, False, False)
                try:
                    moves = micro.run()
                except Violation:
                    break
                if len(moves) != 1 or moves[0][0] != "local" or micro.stored_ghost:
                    break
                state = moves[0][1]
        return state

    def _globals_of(self, function: FunctionType) -> dict[str, object]:
        result: dict[str, object] = {}
        hints = inspect.get_annotations(function, eval_str=True)
        for name in function.__code__.co_varnames[: function.__code__.co_argcount]:
            hint = hints.get(name)
            if isinstance(hint, type) and issubclass(hint, World):
                result[name] = At(self.declared.world, "", ())
            elif isinstance(hint, type) and issubclass(hint, Options):
                result[name] = hint
        return result

    # ---- steps

    def steps(self, state: State, p: int) -> tuple[list[State], set[str]]:
        """Every outcome of one step of a process, and what it may violate: assertions in front of it, the step, and what
        is local after it."""
        outcomes: list[State] = []
        violated: set[str] = set()
        work: list[tuple[State, bool, bool]] = [(state, False, False)]  # state, anything done, stepped
        while work:
            here, moved, stepped = work.pop()
            proc = here[1][p]
            if not proc:
                if moved:
                    outcomes.append(here)
                continue
            inside = any(c[0] == "atomic" for f in proc for c in f.control)
            try:
                moves = self.micro(here, p)
            except Violation as found:
                if stepped and not inside and self._is_lead(here, p):
                    outcomes.append(here)
                else:
                    violated.add(found.property)
                continue
            if stepped and not inside and (not moves or any(kind != "local" for kind, _ in moves)):
                outcomes.append(here)
                continue
            if moved and not stepped and self._owed(here[1][p]) != self._owed(state[1][p]):
                outcomes.append(here)
                continue
            for kind, after in moves:
                if isinstance(after, Violation):
                    violated.add(after.property)
                else:
                    work.append((after, True, stepped or kind == "step"))
        return outcomes, violated

    def _owed(self, proc: Proc) -> tuple[str, ...]:
        return tuple(c[1] for f in proc for c in f.control if c[0] == "pending")

    def _is_lead(self, state: State, p: int) -> bool:
        """Whether what comes next touches shared state, although evaluating it fails: found out from its text."""
        try:
            self.micro(state, p, blind=True)
        except _Touched:
            return True
        except Violation:
            return False
        return False

    # ---- one small operation

    def micro(self, state: State, p: int, setting_up: bool = False, blind: bool = False) -> Moves:
        return _Micro(self, state, p, setting_up, blind).run()

    def body(self, statements: list[ast.stmt]) -> int:
        self.bodies[id(statements)] = statements
        return id(statements)

    def node(self, node: ast.AST) -> int:
        self.nodes[id(node)] = node
        return id(node)

    def _frame(self, function: FunctionType, arguments: Mapping[str, object], mode: str = "log",
               statements: list[ast.stmt] | None = None) -> Frame:  # fmt: skip
        body = self.texts.of(function).body if statements is None else statements
        return Frame(function, tuple(sorted(arguments.items())), (("body", self.body(body), 0),), (), mode)

    def bounds(self, function: FunctionType) -> dict[str, tuple[int, int]]:
        """Locals declared with counter(): their ranges."""
        if function not in self.counters:
            self.counters[function] = {
                n.targets[0].id: (_number(n.value.args[1]), _number(n.value.args[2]))  # type: ignore[attr-defined]
                for n in ast.walk(self.texts.of(function))
                if isinstance(n, ast.Assign)
                and isinstance(n.value, ast.Call)
                and ast.unparse(n.value.func) == "counter"
            }
        return self.counters[function]


def _number(node: ast.expr) -> int:
    return int(ast.literal_eval(node))


def _single_return(node: ast.FunctionDef) -> ast.expr:
    return next(s.value for s in node.body if isinstance(s, ast.Return) and s.value is not None)


class _Touched(Exception):
    """Raised in a blind evaluation at the first touch of shared state."""


class _Micro:
    """One small operation of one process: a statement, a test, an entry to or an exit from a block."""

    def __init__(self, direct: Direct, state: State, p: int, setting_up: bool, blind: bool) -> None:
        self.direct, self.p, self.setting_up = direct, p, setting_up
        self.cells = list(state[0])
        self.procs = list(state[1])
        self.frames = list(self.procs[p])
        self.frame = self.frames[-1]
        self.env = dict(self.frame.env)
        self.blind = blind
        self.touched = False
        self.ghostly = False  # a ghost was read
        self.asserting = False
        self.stored_ghost = False
        self.poison: list[Ref] = []

    # ---- results

    def evaluator(self, specification: bool = False) -> _Evaluator:
        inside = any(c[0] == "atomic" for f in self.frames for c in f.control)
        return _Evaluator(
            self.direct, self.cells, self.env, self.frame.function, None if self.setting_up else self.p, self.frame.log,
            specification, self, inside,
        )  # fmt: skip

    def finish(self, kind: str, control: tuple[Control, ...] | None = None, log: tuple[object, ...] = (),
               push: Frame | None = None, pop: bool = False, returned: object = None) -> Moves:  # fmt: skip
        frames = self.frames[:-1]
        if pop:
            if frames:
                frames[-1] = self._give(frames[-1], returned)
        else:
            env = tuple(sorted(self.env.items()))
            frames.append(
                Frame(
                    self.frame.function, env, self.frame.control if control is None else control, log, self.frame.mode
                )
            )
        if push is not None:
            frames.append(push)
        self.procs[self.p] = tuple(frames)
        cells, procs = tuple(self.cells), tuple(self.procs)
        for ref in self.poison:
            cells = _poisoned(cells, ref)  # type: ignore[assignment]
            procs = tuple(tuple(_poisoned_frame(f, ref) for f in proc) for proc in procs)
        return [(kind, (cells, procs))]

    def _give(self, caller: Frame, returned: object) -> Frame:
        mode = self.frame.mode
        if mode == "log":
            return Frame(caller.function, caller.env, caller.control, (*caller.log, returned), caller.mode)
        if mode == "section":
            kind, node, position = caller.control[-1]
            assert kind == "with-section"
            opened = ("exit-section", self.frame.function, tuple(sorted(self.env.items())))
            control = (*caller.control[:-1], opened, ("with", node, position + 1))
            return Frame(caller.function, caller.env, control, (), caller.mode)
        return caller

    def kind(self) -> str:
        return "step" if self.touched else "local"

    # ---- control

    def run(self) -> Moves:
        control = self.frame.control
        if not control:
            return self._end(None)
        top, below = control[-1], control[:-1]
        match top[0]:
            case "body":
                statements = self.direct.bodies[top[1]]
                if top[2] >= len(statements):
                    return self.finish("local", below)
                self.next = (*below, ("body", top[1], top[2] + 1))
                return self._guarded(lambda: self.statement(statements[top[2]]))
            case "while":
                node = self.direct.nodes[top[1]]
                assert isinstance(node, ast.While)
                return self._guarded(lambda: self._loop(node, control, below))
            case "for":
                return self._for(top, below)
            case "with":
                return self._guarded(lambda: self._with(top, below))
            case "unwind":
                return self._unwind(top, below)
            case _:
                return self._exit(top, below)

    def _guarded(self, action: Callable[[], Moves]) -> Moves:
        """Do what evaluation asks for; the statement is looked at again afterwards."""
        try:
            return action()
        except _Keep as wants:
            return self.finish(self.kind(), None, (*self.frame.log, wants.value))
        except _Call as wants:
            return self.finish(self.kind(), None, self.frame.log, self.direct._frame(wants.function, wants.arguments))
        except _Choice as wants:
            result: Moves = []
            before = list(self.cells)
            for value in wants.values:
                if isinstance(value, Violation):
                    result.append(("step", value))
                    continue
                self.cells = list(before)
                if wants.allocate and isinstance(value, Ref):
                    self.cells[self.direct.position[f"{value.heap}.allocated", (value.slot,)]] = True
                result += self.finish("step", None, (*self.frame.log, value))
            return result

    def _end(self, value: object) -> Moves:
        if len(self.frames) == 1 and not self.setting_up:
            self._holds_no_lock("no-lock-held-at-end")
        return self.finish("local", pop=True, returned=value)

    def _holds_no_lock(self, property: str) -> None:
        for lock in self._locks():
            held = getattr(lock.cls, "held_by", None)
            if isinstance(held, FunctionType):
                evaluator = _Evaluator(self.direct, self.cells, {}, held, self.p, ())
                if evaluator.pure(Method(held, lock), [Who(self.p)]):
                    raise Violation(property)

    def _locks(self) -> Iterator[At]:
        yield from self._embedded(At(self.direct.declared.world, "", ()))
        for heap in self.direct.declared.heaps.values():
            for slot in range(heap.slots):
                yield from self._embedded(At(heap.cls, heap.name, (slot,)))

    def _embedded(self, owner: At) -> Iterator[At]:
        for name, value in attributes(owner.cls):
            path = f"{owner.path}.{name}" if owner.path else name
            if isinstance(value, Record):
                found = [At(type(value), path, owner.index, owner.through, owner.ref, _parameters(value))]
            elif isinstance(value, Array) and isinstance(value.of, Record):
                of = value.of
                found = [
                    At(type(of), path, (*owner.index, i), owner.through, owner.ref, _parameters(of))
                    for i in range(self.direct.declared.size(value.n))
                ]
            else:
                continue
            for record in found:
                yield record
                yield from self._embedded(record)

    def _loop(self, node: ast.While, control: tuple[Control, ...], below: tuple[Control, ...]) -> Moves:
        if self.evaluator().test(node.test):
            return self.finish(self.kind(), (*control, ("body", self.direct.body(node.body), 0)))
        return self.finish(self.kind(), below)

    def _for(self, top: Control, below: tuple[Control, ...]) -> Moves:
        _, key, number, elements = top
        node = self.direct.nodes[key]
        assert isinstance(node, ast.For) and isinstance(node.target, ast.Name)
        if number == len(elements):
            return self.finish("local", below)
        again = (*below, ("for", key, number + 1, elements))
        element = elements[number]
        if isinstance(element, Slot):
            allocated = self.cells[self.direct.position[f"{element.heap}.allocated", (element.slot,)]]
            if not allocated:
                return self.finish("step", again)
            self.env[node.target.id] = Ref(element.heap, element.slot, True)
            return self.finish("step", (*again, ("body", self.direct.body(node.body), 0)))
        if isinstance(element, Place):
            evaluator = self.evaluator()
            self.env[node.target.id] = evaluator.read(element)
            return self.finish(self.kind(), (*again, ("body", self.direct.body(node.body), 0)))
        self.env[node.target.id] = element
        return self.finish("local", (*again, ("body", self.direct.body(node.body), 0)))

    def _with(self, top: Control, below: tuple[Control, ...]) -> Moves:
        _, key, position = top
        node = self.direct.nodes[key]
        assert isinstance(node, ast.With)
        if position == len(node.items):
            return self.finish("local", (*below, ("body", self.direct.body(node.body), 0)))
        item = node.items[position].context_expr
        again = ("with", key, position + 1)
        evaluator = self.evaluator()
        if isinstance(item, ast.Call):
            called = evaluator.meaning(item.func)
            if isinstance(called, Word):
                match called.name:
                    case "atomic":
                        nested = any(c[0] == "atomic" for f in self.frames for c in f.control)
                        return self.finish("local" if nested else "step", (*below, ("atomic",), again))
                    case "pending":
                        return self.finish("local", (*below, ("pending", evaluator.value(item.args[0])), again))
                    case _:
                        raise AssertionError(called.name)
            assert isinstance(called, Method)
            if (mark := mark_of(called.function)) is not None and mark.role == "section":
                arguments = evaluator.arguments(called, item)
                text = self.direct.texts.of(called.function).body
                before, _ = _around_yield(text)
                push = self.direct._frame(called.function, arguments, "section", before)
                return self.finish(self.kind(), (*below, ("with-section", key, position)), (), push)
        if not (self.frame.log and isinstance(self.frame.log[-1], At)):
            raise _Keep(evaluator.meaning(item))
        lock = self.frame.log[-1]
        assert isinstance(lock, At) and issubclass(lock.cls, Lock | Record)
        take = Method(lock.cls.lock, lock)  # type: ignore[attr-defined]
        return self.finish("local", (*below, ("exit-lock", lock), again), (),
                           self.direct._frame(take.function, {"self": lock}, "drop"))  # fmt: skip

    def _exit(self, top: Control, below: tuple[Control, ...]) -> Moves:
        match top[0]:
            case "atomic" | "pending":
                return self.finish("local", below)
            case "exit-lock":
                release: FunctionType = top[1].cls.unlock
                return self.finish("local", below, (), self.direct._frame(release, {"self": top[1]}, "drop"))
            case "exit-section":
                _, after = _around_yield(self.direct.texts.of(top[1]).body)
                return self.finish("local", below, (), self.direct._frame(top[1], dict(top[2]), "drop", after))
            case _:
                raise AssertionError(top)

    def _unwind(self, top: Control, below: tuple[Control, ...]) -> Moves:
        _, how, value = top
        if not below:
            return self._end(value)
        under, rest = below[-1], below[:-1]
        if under[0] in ("while", "for") and how != "return":
            return self.finish("local", below if how == "continue" else rest)
        if under[0] in ("atomic", "pending", "exit-lock", "exit-section"):
            return self._exit(under, (*rest, top))
        return self.finish("local", (*rest, top))

    # ---- statements

    def statement(self, node: ast.stmt) -> Moves:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return self.finish("local", self.next)
            case ast.Expr(ast.Call() as call):
                return self._call_statement(call)
            case ast.Assign(targets=[target], value=given) | ast.AnnAssign(target=target, value=ast.expr() as given):
                return self._assign(target, given)
            case ast.AugAssign():
                return self._augmented(node)
            case ast.If():
                chosen = node.body if self.evaluator().test(node.test) else node.orelse
                return self.finish(self.kind(), (*self.next, ("body", self.direct.body(chosen), 0)))
            case ast.While():
                return self.finish("local", (*self.next, ("while", self.direct.node(node))))
            case ast.For():
                elements = tuple(self.evaluator().domain(node.iter, looping=True))
                return self.finish(self.kind(), (*self.next, ("for", self.direct.node(node), 0, elements)))
            case ast.With():
                return self.finish("local", (*self.next, ("with", self.direct.node(node), 0)))
            case ast.Match():
                return self._match(node)
            case ast.Assert():
                self.asserting = True
                if not self.evaluator(specification=True).value(node.test):
                    raise Violation(slug(ast.literal_eval(node.msg) if node.msg else ast.unparse(node.test)))
                return self.finish("lead" if self.touched or self.ghostly else "local", self.next)
            case ast.Return():
                value = None if node.value is None else self.evaluator().kept(node.value)
                return self.finish(self.kind(), (*self.next, ("unwind", "return", value)))
            case ast.Break():
                return self.finish("local", (*self.next, ("unwind", "break", None)))
            case ast.Continue():
                return self.finish("local", (*self.next, ("unwind", "continue", None)))
            case _:
                raise AssertionError(ast.dump(node))

    def _assign(self, target: ast.expr, given: ast.expr) -> Moves:
        evaluator = self.evaluator()
        if isinstance(given, ast.Call) and ast.unparse(given.func) == "counter":
            assert isinstance(target, ast.Name)
            self.env[target.id] = _number(given.args[0])
            return self.finish("local", self.next)
        if isinstance(target, ast.Name | ast.Tuple):
            found = evaluator.kept(given, aliases=True)
            parts = [(target, found)] if isinstance(target, ast.Name) else list(zip(target.elts, found, strict=True))
            for name, value in parts:
                assert isinstance(name, ast.Name)
                self._bind(name.id, value)
            return self.finish(self.kind(), self.next)
        ghost = _ghost_target(self.evaluator(specification=True), target)
        evaluator.specification = ghost
        value = evaluator.kept(given)
        place = evaluator.place(target)
        self._store(evaluator, place, value)
        return self.finish("local" if place.ghost else "step", self.next)

    def _bind(self, name: str, value: object) -> None:
        bounds = self.direct.bounds(self.frame.function).get(name)
        if bounds is not None and not bounds[0] <= value <= bounds[1]:  # type: ignore[operator]
            raise Violation("bounds")
        self.env[name] = value

    def _store(self, evaluator: _Evaluator, place: Place, value: object) -> None:
        evaluator.follow(place.owner)
        if not place.ghost:
            evaluator.touch()
        self.stored_ghost = place.ghost
        spec = place.spec
        if spec.kind == "bounded":
            size = self.direct.declared.size
            if not size(spec.lo) <= value <= size(spec.hi):  # type: ignore[operator]
                raise Violation("bounds")
        self.cells[self.direct.position[place.cell]] = value

    def _augmented(self, node: ast.AugAssign) -> Moves:
        evaluator = self.evaluator()
        if isinstance(node.target, ast.Name):
            change = evaluator.value(node.value)
            self._bind(node.target.id, _arithmetic(node.op, self.env[node.target.id], change))
            return self.finish(self.kind(), self.next)
        inside = evaluator.inside or self.setting_up
        if self.frame.log and isinstance(self.frame.log[-1], tuple) and self.frame.log[-1][:1] == ("read",):
            _, place, current, change = self.frame.log[-1]  # type: ignore[misc]
            self._store(evaluator, place, _arithmetic(node.op, current, change))
            return self.finish("step", self.next)
        ghost = _ghost_target(self.evaluator(specification=True), node.target)
        evaluator.specification = ghost
        place = evaluator.place(node.target)
        change = evaluator.value(node.value)
        current = evaluator.read(place)
        if inside or ghost:
            self._store(evaluator, place, _arithmetic(node.op, current, change))
            return self.finish("local" if ghost else "step", self.next)
        return self.finish("step", None, (*self.frame.log, ("read", place, current, change)))

    def _match(self, node: ast.Match) -> Moves:
        subject = self.evaluator().value(node.subject)
        for case in node.cases:
            if self._matches(case.pattern, subject):
                return self.finish(self.kind(), (*self.next, ("body", self.direct.body(case.body), 0)))
        return self.finish(self.kind(), self.next)

    def _matches(self, pattern: ast.pattern, subject: object) -> bool:
        match pattern:
            case ast.MatchAs(pattern=None, name=None):
                return True
            case ast.MatchOr(patterns):
                return any(self._matches(p, subject) for p in patterns)
            case ast.MatchValue(value):
                return _same(subject, self.evaluator().value(value))
            case ast.MatchSingleton(value):
                return _same(subject, value)
            case _:
                raise AssertionError(ast.dump(pattern))

    def _call_statement(self, call: ast.Call) -> Moves:
        evaluator = self.evaluator()
        called = evaluator.meaning(call.func)
        if not isinstance(called, Word):
            evaluator.used = 0
            evaluator.value(call)
            return self.finish(self.kind(), self.next)
        match called.name:
            case "wait":
                holds = evaluator.value(call.args[0])
                return self.finish("step", self.next) if holds else []
            case "rest":
                self._holds_no_lock("no-rest-with-lock")
                return self.finish("step", self.next)
            case "cover":
                return self.finish("local", self.next)
            case "acquired" | "released":
                return self.finish("local", self.next)
            case "touch":
                evaluator.follow(evaluator.dereference(evaluator.value(call.args[0])))
                return self.finish("step", self.next)
            case "demand":
                evaluator.specification = True
                if not evaluator.value(call.args[0]):
                    raise Violation(ast.literal_eval(call.args[1]))
                return self.finish("lead" if self.touched or self.ghostly else "local", self.next)
            case "free":
                self._free(evaluator, called.receiver, evaluator.value(call.args[0]))
                return self.finish("step", self.next)
            case "add" | "remove" | "clear":
                place = called.receiver
                element = None if called.name == "clear" else evaluator.value(call.args[0])
                self._change_set(evaluator, called.name, place, element)
                return self.finish("local" if place.ghost else "step", self.next)
            case _:
                evaluator.used = 0
                evaluator.kept(call)
                return self.finish(self.kind(), self.next)

    def _change_set(self, evaluator: _Evaluator, word: str, place: Place, element: object) -> None:
        if not place.ghost:
            evaluator.touch()
        evaluator.follow(place.owner)
        cell = self.direct.position[place.cell]
        before = self.cells[cell]
        assert isinstance(before, frozenset)
        if word == "clear":
            self.cells[cell] = frozenset()
            return
        of = place.spec.of
        if element is None or (isinstance(of, int | Size) and not 0 <= element < self.direct.declared.size(of)):  # type: ignore[operator]
            raise Violation("bounds")
        self.cells[cell] = before | {element} if word == "add" else before - {element}

    def _free(self, evaluator: _Evaluator, pool: tuple[Heap, int, int], value: object) -> None:
        heap = pool[0]
        evaluator.touch()
        if value is None:
            raise Violation("no-null-dereference")
        assert isinstance(value, Ref | Slot)
        allocated = self.cells[self.direct.position[f"{heap.name}.allocated", (value.slot,)]]
        if not allocated if isinstance(value, Slot) else not value.live:
            raise Violation("no-double-free")
        for record in self._embedded(At(heap.cls, heap.name, (value.slot,))):
            quiet = getattr(record.cls, "quiescent", None)
            if isinstance(quiet, FunctionType) and not self.evaluator(specification=True).pure(
                Method(quiet, record), []
            ):
                raise Violation("no-free-of-busy-object")
        for path, index in self.direct.names:
            if path.startswith(f"{heap.name}.") and index[0] == value.slot:
                first = False if path == f"{heap.name}.allocated" else self.direct.declared.cells[path, index]
                self.cells[self.direct.position[path, index]] = first
        self.poison.append(Ref(heap.name, value.slot, True))


def _around_yield(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """What precedes and what follows the yield; the same two lists each time, as they are named by identity."""
    key = id(body)
    if key not in _AROUND:
        at = next(i for i, s in enumerate(body) if isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield))
        _AROUND[key] = (body, body[:at], body[at + 1 :])
    return _AROUND[key][1:]


_AROUND: dict[int, tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt]]] = {}


def _ghost_target(evaluator: _Evaluator, target: ast.expr) -> bool:
    """Whether an assignment is to a ghost; by the declaration alone, as nothing may be evaluated for it."""
    attr = target
    while isinstance(attr, ast.Subscript):
        attr = attr.value
    assert isinstance(attr, ast.Attribute)
    return any(
        ghost and path.rpartition(".")[2] == attr.attr for path, (_, ghost) in evaluator.direct.declared.specs.items()
    )


def slug(text: str) -> str:
    import re

    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "assertion"


def _poisoned(value: object, ref: Ref) -> object:
    if isinstance(value, Ref):
        return Ref(value.heap, value.slot, False) if value == ref else value
    if isinstance(value, tuple):
        parts = [_poisoned(v, ref) for v in value]
        if all(a is b for a, b in zip(parts, value, strict=True)):
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def _poisoned_frame(frame: Frame, ref: Ref) -> Frame:
    return Frame(
        frame.function, _poisoned(frame.env, ref), _poisoned(frame.control, ref), _poisoned(frame.log, ref), frame.mode
    )  # type: ignore[arg-type]


# ---- expressions


class _Evaluator:
    """Evaluates expressions on one state. ``log``: results of stepping parts of the statement so far; the n-th such part
    that is met takes the n-th of them, and if there is none, evaluation stops with what it wants (``_Wants``)."""

    def __init__(self, direct: Direct, cells: list[object], env: dict[str, object], function: FunctionType, p: int | None,
                 log: tuple[object, ...], specification: bool = False, micro: _Micro | None = None, inside: bool = False) -> None:  # fmt: skip
        self.direct, self.cells, self.env, self.function, self.p = direct, cells, env, function, p
        self.log, self.specification, self.micro, self.inside = log, specification, micro, inside
        self.used = 0

    def touch(self) -> None:
        if self.micro is not None:
            self.micro.touched = True
            if self.micro.blind:
                raise _Touched

    # ---- the log

    def logged(self, evaluate: Callable[[], object]) -> object:
        """A value that has to be known before later parts take steps."""
        if self.used < len(self.log):
            self.used += 1
            return self.log[self.used - 1]
        raise _Keep(evaluate())

    def stepping(self, node: ast.AST) -> bool:
        """Whether evaluating takes steps of its own."""
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                if isinstance(part.func, ast.Attribute) and part.func.attr in STEPPING:
                    return True
                name = (
                    part.func.id
                    if isinstance(part.func, ast.Name)
                    else part.func.attr
                    if isinstance(part.func, ast.Attribute)
                    else ""
                )
                if name == "choose":
                    return True
                for function in self._named(part.func, name):
                    mark = mark_of(function)
                    if mark is None or mark.role != "pure":
                        return True
        return False

    def _named(self, func: ast.expr, name: str) -> list[FunctionType]:
        if isinstance(func, ast.Name):
            found = self.function.__globals__.get(name)
            return [found] if isinstance(found, FunctionType) and found not in WORDS else []
        result: list[FunctionType] = []
        for cls in {type(v) for _, v in self._records()} | set(self.direct.declared.heaps):
            method = getattr(cls, name, None)
            if isinstance(method, FunctionType):
                result.append(method)
        return result

    def _records(self) -> Iterator[tuple[str, Record]]:
        for cls in (self.direct.declared.world, *self.direct.declared.heaps):
            for name, value in attributes(cls):
                inner = value.of if isinstance(value, Array) else value
                if isinstance(inner, Record):
                    yield name, inner

    # ---- what things stand for

    def value(self, node: ast.expr) -> Any:
        return self.read(self.meaning(node))

    def kept(self, node: ast.expr, aliases: bool = False) -> Any:
        """A value that is kept somewhere: naming a slot becomes a reference to what is there."""
        return self.keep(self.value(node))

    def keep(self, value: Any) -> Any:
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self.keep(v) for v in value)
        if isinstance(value, Slot):
            if not self.load((f"{value.heap}.allocated", (value.slot,))):
                raise Violation("no-use-after-free")
            return Ref(value.heap, value.slot, True)
        return value

    def test(self, node: ast.expr) -> bool:
        result = self.value(node)
        assert isinstance(result, bool), ast.unparse(node)
        return result

    def load(self, cell: Cell, ghost: bool = False) -> Any:
        if ghost:
            if self.micro is not None:
                self.micro.ghostly = True
                if self.micro.blind and self.micro.asserting:
                    raise _Touched
        else:
            self.touch()
        return self.cells[self.direct.position[cell]]

    def place(self, node: ast.expr) -> Place:
        found = self.meaning(node)
        assert isinstance(found, Place), ast.unparse(node)
        return found

    def read(self, found: Any) -> Any:
        if isinstance(found, Place):
            self.follow(found.owner)
            return self.load(found.cell, found.ghost)
        return found

    def follow(self, owner: At) -> None:
        if not owner.through:
            return
        self.touch()
        if owner.ref is None:
            raise Violation("no-null-dereference")
        if isinstance(owner.ref, Slot):
            if not self.load((f"{owner.ref.heap}.allocated", (owner.ref.slot,))):
                raise Violation("no-use-after-free")
        elif not owner.ref.live:
            raise Violation("no-use-after-free")

    def meaning(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value):
                return value
            case ast.Name():
                return self._name(node.id)
            case ast.Attribute(base, attr):
                return self._attribute(self.meaning(base), attr)
            case ast.Subscript(base, index):
                found = self.meaning(base)
                if self.stepping(index) and isinstance(found, Many) and found.owner.through:
                    found = self.logged(lambda: found)
                return self._element(found, self.value(index))
            case ast.Call():
                return self._call(node)
            case ast.BinOp(left, op, right):
                first = self._before(left, [right])
                return self._binary(op, first, self.value(right))
            case ast.BoolOp():
                return self._boolean(node)
            case ast.UnaryOp(ast.Not(), operand):
                return not self.value(operand)
            case ast.UnaryOp(ast.USub(), operand):
                return -self.value(operand)
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp(test, body, orelse):
                return self.keep(self.value(body if self.value(test) else orelse))
            case ast.Tuple(elts):
                return tuple(self._before(e, elts[i + 1 :]) for i, e in enumerate(elts))
            case _:
                raise AssertionError(ast.dump(node))

    def _before(self, node: ast.expr, later: list[ast.expr]) -> Any:
        """A part of an expression; if later parts take steps, it is read before them."""
        if any(self.stepping(e) for e in later) and not self.stepping_free(node):
            return self.logged(lambda: self.keep(self.value(node))) if not self.stepping(node) else self.value(node)
        return self.value(node)

    def stepping_free(self, node: ast.expr) -> bool:
        """Whether the value cannot change while other parts are evaluated: a constant."""
        return isinstance(node, ast.Constant)

    def _boolean(self, node: ast.BoolOp) -> bool:
        stepping = any(self.stepping(v) for v in node.values)
        conjunctive = isinstance(node.op, ast.And)
        result = conjunctive
        for operand in node.values:
            if stepping and not self.stepping(operand):
                result = self.logged(lambda operand=operand: self.value(operand))
            else:
                result = self.value(operand)
            if result != conjunctive:
                break
        return result

    def _name(self, name: str) -> Any:
        if name in self.env:
            value = self.env[name]
            return _Chosen(value) if isinstance(value, type) and issubclass(value, Options) else value
        module = self.function.__globals__
        if name in module:
            return self._object(module[name])
        import builtins

        return self._object(getattr(builtins, name))

    def _object(self, value: Any) -> Any:
        if isinstance(value, Size):
            return self.direct.declared.size(value)
        try:
            word = WORDS.get(value) or PYTHON.get(value)
        except TypeError:
            word = None
        if word is not None:
            return Word(word)
        if isinstance(value, FunctionType):
            return Method(value, None)
        return value

    def _attribute(self, base: Any, attr: str) -> Any:
        if isinstance(base, Place):
            if base.spec.kind == "bitset":
                return Word(attr, base)
            base = self.read(base)
        if base is None or isinstance(base, Ref | Slot):
            return self._field(self.dereference(base), attr)
        if isinstance(base, At):
            return self._field(base, attr)
        if isinstance(base, tuple) and base and isinstance(base[0], Heap):
            return Word(attr, base)
        return self._object(getattr(base, attr))

    def dereference(self, ref: Any) -> At:
        if ref is None:
            self.touch()
            raise Violation("no-null-dereference")
        heap = next(h for h in self.direct.declared.heaps.values() if h.name == ref.heap)
        return At(heap.cls, heap.name, (ref.slot,), True, ref)

    def _field(self, owner: At, attr: str) -> Any:
        for name, value in owner.parameters:
            if name == attr:
                return value
        value = dict(attributes(owner.cls))[attr]
        path = f"{owner.path}.{attr}" if owner.path else attr
        if isinstance(value, Field):
            spec, ghost = self.direct.declared.specs[path]
            return Place((path, owner.index), spec, ghost, owner)
        if isinstance(value, Array):
            return Many(value, path, owner, self.direct.declared.size(value.n))
        if isinstance(value, Pool):
            heap = self.direct.declared.heaps[value.record]
            return next((heap, first, count) for name, first, count in heap.pools if name == attr)
        if isinstance(value, Record):
            return At(type(value), path, owner.index, owner.through, owner.ref, _parameters(value))
        if isinstance(value, FunctionType):
            return Method(value, owner)
        return self._object(value)

    def _element(self, base: Any, index: Any) -> Any:
        if isinstance(base, Many):
            if isinstance(index, Who) or index is None:
                numbers = next(
                    self.direct.declared.spaces[names[0]]
                    for size, names in self.direct.declared.counted.items()
                    if dict(attributes(self.direct.declared.world))[size] is base.array.n
                )
                if index is None or index.number not in numbers:
                    self.touch()
                    raise Violation("bounds")
                index = numbers.index(index.number)
            if not 0 <= index < base.size:
                self.touch()
                raise Violation("bounds")
            owner = At(base.owner.cls, base.owner.path, (*base.owner.index, index), base.owner.through, base.owner.ref)
            of = base.array.of
            if isinstance(of, Field):
                spec, ghost = self.direct.declared.specs[base.path]
                return Place((base.path, owner.index), spec, ghost, owner)
            if isinstance(of, Array):
                return Many(of, base.path, owner, self.direct.declared.size(of.n))
            assert isinstance(of, Record)
            return At(type(of), base.path, owner.index, owner.through, owner.ref, _parameters(of))
        heap, first, count = base
        if not 0 <= index < count:
            self.touch()
            raise Violation("bounds")
        return Slot(heap.name, first + index)

    # ---- operators

    def _binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        if isinstance(left, frozenset):
            return {ast.BitOr: left | right, ast.BitAnd: left & right, ast.Sub: left - right}[type(op)]
        return _arithmetic(op, left, right)

    def _comparison(self, node: ast.Compare) -> bool:
        left = self._before(node.left, node.comparators)
        result = True
        for i, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if isinstance(op, ast.In | ast.NotIn) and isinstance(right_node, ast.Tuple | ast.List | ast.Set):
                found = False
                for candidate in right_node.elts:
                    found = _same(left, self.value(candidate)) or found
                result = result and (found == isinstance(op, ast.In))
                continue
            right = self._before(right_node, node.comparators[i + 1 :])
            if isinstance(op, ast.In | ast.NotIn):
                part = (left in right) == isinstance(op, ast.In)
            elif isinstance(op, ast.Eq | ast.NotEq):
                part = _same(left, right) == isinstance(op, ast.Eq)
            else:
                part = {ast.Lt: left < right, ast.LtE: left <= right, ast.Gt: left > right, ast.GtE: left >= right}[
                    type(op)
                ]
            result = result and part
            left = right
        return result

    # ---- calls

    def _call(self, node: ast.Call) -> Any:
        called = self.meaning(node.func)
        if isinstance(called, Method):
            mark = mark_of(called.function)
            if mark is not None and mark.role == "pure":
                arguments = self.arguments(called, node)
                return self.pure(called, [], arguments)
            arguments = self.arguments(called, node)
            if self.used < len(self.log):
                self.used += 1
                return self.log[self.used - 1]
            raise _Call(called.function, arguments)
        assert isinstance(called, Word), ast.unparse(node)
        return self._word(called, node)

    def arguments(self, called: Method, node: ast.Call) -> dict[str, object]:
        """By parameter name. Once the call is done (its result is in the log), they are not evaluated again."""
        parameters = [a.arg for a in self.direct.texts.of(called.function).args.args]
        result: dict[str, object] = {}
        if called.receiver is not None:
            result[parameters[0]] = called.receiver
            parameters = parameters[1:]
        given = [*node.args, *(k.value for k in node.keywords)]
        names = [*parameters[: len(node.args)], *(k.arg for k in node.keywords)]
        mark = mark_of(called.function)
        pure = mark is not None and mark.role == "pure"
        own = self._own_results(given)
        if not pure and self.used + own < len(self.log):
            self.used += own
            return {}
        for i, (name, argument) in enumerate(zip(names, given, strict=True)):
            assert name is not None
            found = self._before(argument, given[i + 1 :])
            result[name] = found if pure else self.keep(found)
        defaults = called.function.__defaults__ or ()
        for name, value in zip(reversed(parameters), reversed(defaults), strict=False):
            result.setdefault(name, value)
        return result

    def _own_results(self, given: list[ast.expr]) -> int:
        """How many entries of the log the arguments take (a constant of the text: no short circuits in arguments)."""
        return sum(self._results(g, given[i + 1 :]) for i, g in enumerate(given))

    def _results(self, node: ast.expr, later: list[ast.expr]) -> int:
        kept = int(any(self.stepping(e) for e in later) and not self.stepping_free(node) and not self.stepping(node))
        if not self.stepping(node):
            return kept
        match node:
            case ast.Call():
                inside = [*node.args, *(k.value for k in node.keywords)]
                word = isinstance(node.func, ast.Name) and node.func.id == "choose"
                count = 0 if word else self._own_results(inside)
                return count + int(self._takes_entry(node))
            case ast.BinOp(left, _, right):
                return self._results(left, [right]) + self._results(right, [])
            case ast.Compare(left, _, [right]):
                return self._results(left, [right]) + self._results(right, [])
            case ast.UnaryOp(_, operand):
                return self._results(operand, [])
            case _:
                raise AssertionError(f"a stepping argument of this form is not generated: {ast.unparse(node)}")

    def _takes_entry(self, node: ast.Call) -> bool:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("alloc", "try_alloc"):
            return True
        bare = ast.Call(node.func, [], [])
        return self.stepping(bare)

    def pure(self, called: Method, given: list[object], arguments: dict[str, object] | None = None) -> Any:
        node = self.direct.texts.of(called.function)
        parameters = [a.arg for a in node.args.args]
        bound: dict[str, object] = dict(arguments or {})
        if called.receiver is not None:
            bound[parameters[0]] = called.receiver
        bound |= dict(zip([p for p in parameters if p not in bound], given, strict=False))
        inner = _Evaluator(
            self.direct, self.cells, bound, called.function, self.p, (), self.specification, self.micro, self.inside
        )
        return inner.value(_single_return(node))

    def _word(self, called: Word, node: ast.Call) -> Any:
        match called.name:
            case "me":
                assert self.p is not None
                return Who(self.p)
            case "alive":
                found = self.value(node.args[0])
                self.touch()
                if isinstance(found, Slot):
                    return bool(self.load((f"{found.heap}.allocated", (found.slot,))))
                return found is not None and found.live
            case "len":
                found = self.value(node.args[0])
                if isinstance(found, frozenset):
                    return len(found)
                return found.size if isinstance(found, Many) else found[2]
            case "min" | "max":
                values = [self.value(a) for a in node.args]
                return min(values) if called.name == "min" else max(values)
            case "all" | "any" | "sum":
                generator = node.args[0]
                assert isinstance(generator, ast.GeneratorExp)
                values = list(self._elements(generator, 0))
                return (
                    all(values)
                    if called.name == "all"
                    else any(values)
                    if called.name == "any"
                    else sum(int(v) for v in values)
                )
            case "choose":
                if self.used < len(self.log):
                    self.used += 1
                    return self.log[self.used - 1]
                raise _Choice([self._option(a) for a in node.args])
            case "alloc" | "try_alloc":
                return self._allocate(called)
            case _:
                raise AssertionError(called.name)

    def _option(self, node: ast.expr) -> object:
        """An option is evaluated only if it is chosen: what it violates, it violates alone."""
        try:
            return self.keep(self.value(node))
        except Violation as violation:
            return violation

    def _allocate(self, called: Word) -> Any:
        heap, first, count = called.receiver
        cells = [(f"{heap.name}.allocated", (i,)) for i in range(first, first + count)]
        pool = next(
            v
            for n, v in attributes(self.direct.declared.world)
            if isinstance(v, Pool) and (n, first, count) in heap.pools
        )
        if pool.reuse == "any" and self.p is not None and self.used < len(self.log):
            self.used += 1
            return self.log[self.used - 1]
        free = [i for i, cell in enumerate(cells, first) if not self.load(cell)]
        if not free and called.name == "alloc":
            raise Violation("bounds")
        if pool.reuse == "any" and self.p is not None:
            raise _Choice([Ref(heap.name, i, True) for i in free] or [None], allocate=True)
        self.touch()
        if not free:
            return None
        self.cells[self.direct.position[cells[free[0] - first]]] = True
        return Ref(heap.name, free[0], True)

    def _elements(self, generator: ast.GeneratorExp, depth: int) -> Iterator[Any]:
        """The values of a quantifier: all of them, so that every check in it is made."""
        if depth == len(generator.generators):
            yield self.value(generator.elt)
            return
        part = generator.generators[depth]
        assert isinstance(part.target, ast.Name)
        outer = self.env
        for element in list(self.domain(part.iter)):
            self.env = {**outer, part.target.id: element}
            if all(self.value(test) for test in part.ifs):
                yield from list(self._elements(generator, depth + 1))
        self.env = outer

    def domain(self, node: ast.expr, looping: bool = False) -> list[Any]:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "range":
            return list(range(*(self.value(a) for a in node.args)))
        found = self.meaning(node)
        if isinstance(found, Many):
            return [self._element(found, i) for i in range(found.size)]
        if isinstance(found, Actors):
            return [Who(n) for n in self.direct.declared.spaces[found.__name__]]
        if isinstance(found, type) and issubclass(found, Enum):
            return list(found)
        heap, first, count = found
        slots = [Slot(heap.name, i) for i in range(first, first + count)]
        if looping:
            return slots
        return [Ref(s.heap, s.slot, True) for s in slots if self.load((f"{s.heap}.allocated", (s.slot,)))]


class _Chosen:
    """The options of the variant: their defaults."""

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def __getattr__(self, name: str) -> object:
        return getattr(self._cls, name)


def _parameters(record: Record) -> tuple[tuple[str, object], ...]:
    result: dict[str, object] = {}
    for base in reversed(type(record).__mro__):
        for name in vars(base).get("__annotations__", {}):
            if name in vars(base):
                result[name] = vars(base)[name]
    return tuple((result | record.parameters).items())


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, Ref | Slot) and isinstance(right, Ref | Slot):
        return left.slot == right.slot
    return type(left) is type(right) and left == right


def _arithmetic(op: ast.operator, left: Any, right: Any) -> int:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.FloorDiv():
            return left // right
        case ast.Mod():
            return left % right
        case _:
            raise AssertionError(op)
