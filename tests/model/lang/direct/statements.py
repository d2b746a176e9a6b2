# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Statements of the direct interpreter."""

from __future__ import annotations

import ast
from types import FunctionType

from svmcheck.model.lang.declare import Size

from .calls import Evaluator
from .control import Controlled
from .values import At, Heap, Method, Moves, Place, Ref, Slot, Violation, Word, arithmetic, number_in, same, slug


class Micro(Controlled):
    """One small operation of one process; see control.py."""

    def statement(self, node: ast.stmt) -> Moves:  # noqa: C901 - one case for each kind of statement
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
            self.env[target.id] = number_in(given.args[0])
            return self.finish("local", self.next)
        if isinstance(target, ast.Name | ast.Tuple):
            found = evaluator.kept(given, aliases=True)
            parts = [(target, found)] if isinstance(target, ast.Name) else list(zip(target.elts, found, strict=True))
            for name, value in parts:
                assert isinstance(name, ast.Name)
                self._bind(name.id, value)
            return self.finish(self.kind(), self.next)
        ghost = ghost_target(self.evaluator(specification=True), target)
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

    def _store(self, evaluator: Evaluator, place: Place, value: object) -> None:
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
            self._bind(node.target.id, arithmetic(node.op, self.env[node.target.id], change))
            return self.finish(self.kind(), self.next)
        inside = evaluator.inside or self.setting_up
        if self.frame.log and isinstance(self.frame.log[-1], tuple) and self.frame.log[-1][:1] == ("read",):
            _, place, current, change = self.frame.log[-1]  # type: ignore[misc]
            self._store(evaluator, place, arithmetic(node.op, current, change))
            return self.finish("step", self.next)
        ghost = ghost_target(self.evaluator(specification=True), node.target)
        evaluator.specification = ghost
        place = evaluator.before(node.target, [node.value], read=False)
        change = evaluator.value(node.value)
        current = evaluator.read(place)
        if inside or ghost:
            self._store(evaluator, place, arithmetic(node.op, current, change))
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
                return same(subject, self.evaluator().value(value))
            case ast.MatchSingleton(value):
                return same(subject, value)
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

    def _change_set(self, evaluator: Evaluator, word: str, place: Place, element: object) -> None:
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

    def _free(self, evaluator: Evaluator, pool: tuple[Heap, int, int], value: object) -> None:
        heap = pool[0]
        evaluator.touch()
        if value is None:
            raise Violation("no-null-dereference")
        assert isinstance(value, Ref | Slot)
        allocated = self.cells[self.direct.position[f"{heap.name}.allocated", (value.slot,)]]
        if not allocated if isinstance(value, Slot) else not value.live:
            raise Violation("no-double-free")
        owner = At(heap.cls, heap.name, (value.slot,))
        for record in (owner, *self._embedded(owner)):
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


def ghost_target(evaluator: Evaluator, target: ast.expr) -> bool:
    """Whether an assignment is to a ghost; by the declaration alone, as nothing may be evaluated for it."""
    attr = target
    while isinstance(attr, ast.Subscript):
        attr = attr.value
    assert isinstance(attr, ast.Attribute)
    return any(
        ghost and path.rpartition(".")[2] == attr.attr for path, (_, ghost) in evaluator.direct.declared.specs.items()
    )
