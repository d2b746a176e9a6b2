# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""All schedules of a protocol: every state, every choice of who steps."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import product
from types import FunctionType, ModuleType

from svmcheck.model.lang.declare import Options, Pid, World
from svmcheck.model.lang.decorators import mark_of

from .calls import Evaluator
from .declared import Declared, Texts
from .statements import Micro
from .values import At, Frame, Moves, Proc, Ref, State, Touched, Violation, Who, number_in, single_return


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
        """Whether a process that cannot move has ended, rests, or waits only where it may do so for ever."""
        work = [state]
        while work:
            here = work.pop()
            proc = here[1][p]
            if not proc or self._next_word(proc) == "rest":
                continue
            moves = self.micro(here, p)  # through assertions, or into an atomic block, until it blocks
            if not moves and self._next_word(proc) != "idle":
                return False
            work += [after for _, after in moves if not isinstance(after, Violation)]
        return True

    def _next_word(self, proc: Proc) -> str:
        """``rest``, ``idle`` (a wait that says so), or nothing of interest."""
        top = proc[-1].control[-1] if proc[-1].control else ("none",)
        node = self.bodies[top[1]][top[2]] if top[0] == "body" and top[2] < len(self.bodies[top[1]]) else None
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            return ""
        called = ast.unparse(node.value.func)
        idle = any(k.arg == "idle" and ast.unparse(k.value) == "True" for k in node.value.keywords)
        return "idle" if called == "wait" and idle else "rest" if called == "rest" else ""

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
            evaluator = Evaluator(self, list(state[0]), dict(combination), function, None, (), specification=True)
            holds = bool(evaluator.value(single_return(node))) and holds
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
                work: list[State] = [(before, ((self.frame_of(setup, self._globals_of(setup)),),))]
                while work:
                    state = work.pop()
                    if not state[1][0]:
                        following.append(state[0])
                        continue
                    work += [s for _, s in self.micro(state, 0, setting_up=True) if not isinstance(s, Violation)]
            outcomes = following
        for values in outcomes:
            procs = tuple((self.frame_of(a.function, self._globals_of(a.function)),) for a in self.declared.actors)
            states.append((values, procs))
        return [self._settled_start(s) for s in states]

    def _settled_start(self, state: State) -> State:
        for p in range(len(state[1])):
            while state[1][p]:
                micro = Micro(self, state, p, False, False)
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
        """Every outcome of one step of a process, and what it may violate: assertions in front of it, the step, and
        what is local after it."""
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
        except Touched:
            return True
        except Violation:
            return False
        return False

    # ---- one small operation

    def micro(self, state: State, p: int, setting_up: bool = False, blind: bool = False) -> Moves:
        return Micro(self, state, p, setting_up, blind).run()

    def body(self, statements: list[ast.stmt]) -> int:
        self.bodies[id(statements)] = statements
        return id(statements)

    def node(self, node: ast.AST) -> int:
        self.nodes[id(node)] = node
        return id(node)

    def frame_of(self, function: FunctionType, arguments: Mapping[str, object], mode: str = "log",
               statements: list[ast.stmt] | None = None) -> Frame:  # fmt: skip
        body = self.texts.of(function).body if statements is None else statements
        return Frame(function, tuple(sorted(arguments.items())), (("body", self.body(body), 0),), (), mode)

    def bounds(self, function: FunctionType) -> dict[str, tuple[int, int]]:
        """Locals declared with counter(): their ranges."""
        if function not in self.counters:
            self.counters[function] = {
                n.targets[0].id: (number_in(n.value.args[1]), number_in(n.value.args[2]))  # type: ignore[attr-defined]
                for n in ast.walk(self.texts.of(function))
                if isinstance(n, ast.Assign)
                and isinstance(n.value, ast.Call)
                and ast.unparse(n.value.func) == "counter"
            }
        return self.counters[function]
