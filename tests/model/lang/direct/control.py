# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One small operation of one process: entering, leaving and repeating blocks, calling and returning."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FunctionType
from typing import TYPE_CHECKING

from svmcheck.model.lang.declare import Array, Lock, Record
from svmcheck.model.lang.decorators import mark_of

from .calls import Evaluator
from .declared import attributes
from .values import (
    At,
    Call,
    Choice,
    Control,
    Frame,
    Keep,
    Method,
    Moves,
    Place,
    Ref,
    Slot,
    State,
    Violation,
    Who,
    Word,
    parameters_of,
    poisoned,
    poisoned_frame,
)

if TYPE_CHECKING:
    from .explore import Direct


class Controlled:
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

    def evaluator(self, specification: bool = False) -> Evaluator:
        inside = any(c[0] == "atomic" for f in self.frames for c in f.control)
        return Evaluator(
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
            cells = poisoned(cells, ref)  # type: ignore[assignment]
            procs = tuple(tuple(poisoned_frame(f, ref) for f in proc) for proc in procs)
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
        """Do what evaluation asks for; the statement is looked at again afterwards.

        What is read before a call is read in one step with its arguments; what is read before a choice, in a step of
        its own.
        """
        read = False
        while True:
            try:
                return action()
            except Keep as wants:
                read = self.touched
                self.frame = replace(self.frame, log=(*self.frame.log, wants.value))
                if wants.alone:
                    return self.finish(self.kind(), None, self.frame.log)
            except Call as wants:
                push = self.direct.frame_of(wants.function, wants.arguments)
                return self.finish(self.kind(), None, self.frame.log, push)
            except Choice as wants:
                if read:
                    return self.finish("step", None, self.frame.log)
                return self._chosen(wants)

    def _chosen(self, wants: Choice) -> Moves:
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
                evaluator = Evaluator(self.direct, self.cells, {}, held, self.p, ())
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
                found = [At(type(value), path, owner.index, owner.through, owner.ref, parameters_of(value))]
            elif isinstance(value, Array) and isinstance(value.of, Record):
                of = value.of
                found = [
                    At(type(of), path, (*owner.index, i), owner.through, owner.ref, parameters_of(of))
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
        assert isinstance(node, ast.For)
        assert isinstance(node.target, ast.Name)
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
                before, _ = around_yield(text)
                push = self.direct.frame_of(called.function, arguments, "section", before)
                return self.finish(self.kind(), (*below, ("with-section", key, position)), (), push)
        if not (self.frame.log and isinstance(self.frame.log[-1], At)):
            raise Keep(evaluator.meaning(item), alone=True)
        lock = self.frame.log[-1]
        assert isinstance(lock, At)
        assert issubclass(lock.cls, Lock | Record)
        take = Method(lock.cls.lock, lock)  # type: ignore[attr-defined]
        return self.finish("local", (*below, ("exit-lock", lock), again), (),
                           self.direct.frame_of(take.function, {"self": lock}, "drop"))  # fmt: skip

    def _exit(self, top: Control, below: tuple[Control, ...]) -> Moves:
        match top[0]:
            case "atomic" | "pending":
                return self.finish("local", below)
            case "exit-lock":
                release: FunctionType = top[1].cls.unlock
                return self.finish("local", below, (), self.direct.frame_of(release, {"self": top[1]}, "drop"))
            case "exit-section":
                _, after = around_yield(self.direct.texts.of(top[1]).body)
                return self.finish("local", below, (), self.direct.frame_of(top[1], dict(top[2]), "drop", after))
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


def around_yield(body: list[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """What precedes and what follows the yield; the same two lists each time, as they are named by identity."""
    key = id(body)
    if key not in AROUND:
        at = next(i for i, s in enumerate(body) if isinstance(s, ast.Expr) and isinstance(s.value, ast.Yield))
        AROUND[key] = (body, body[:at], body[at + 1 :])
    return AROUND[key][1:]


AROUND: dict[int, tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt]]] = {}
