# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Expressions of the direct interpreter, on one state."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import TYPE_CHECKING, Any

from svmcheck.model.lang import statements as words
from svmcheck.model.lang.declare import Array, Field, Options, Pool, Record, Size
from svmcheck.model.lang.decorators import mark_of

from .declared import attributes
from .values import (
    At,
    Cell,
    Heap,
    Keep,
    Many,
    Method,
    Place,
    Ref,
    Slot,
    Touched,
    Unsupported,
    Violation,
    Who,
    Word,
    arithmetic,
    parameters_of,
    same,
)

if TYPE_CHECKING:
    from .explore import Direct
    from .statements import Micro

WORDS = {
    getattr(words, name): name for name in dir(words) if not name.startswith("_") and callable(getattr(words, name))
}
PYTHON = {all: "all", any: "any", sum: "sum", len: "len", range: "range", min: "min", max: "max", next: "next"}
STEPPING = ("choose", "alloc", "try_alloc")


class Expressions:
    """Evaluates expressions on one state.

    ``log``: results of the stepping parts of the statement so far. The n-th such part that is met takes the n-th of
    them; if there is none, evaluation stops with what it wants (``Wants``).
    """

    def __init__(
        self,
        direct: Direct,
        cells: list[object],
        env: dict[str, object],
        function: FunctionType,
        p: int | None,
        log: tuple[object, ...],
        specification: bool = False,
        micro: Micro | None = None,
        inside: bool = False,
    ) -> None:
        self.direct, self.cells, self.env, self.function, self.p = direct, cells, env, function, p
        self.log, self.specification, self.micro, self.inside = log, specification, micro, inside
        self.used = 0

    def touch(self) -> None:
        if self.micro is not None:
            self.micro.touched = True
            if self.micro.blind:
                raise Touched

    # ---- the log

    def logged(self, evaluate: Callable[[], object]) -> object:
        """An operand of ``and`` or ``or`` beside one that takes steps: a test, and so a step of its own."""
        if self.used < len(self.log):
            self.used += 1
            return self.log[self.used - 1]
        raise Keep(evaluate(), alone=True)

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
                    raise Touched
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

    def meaning(self, node: ast.expr) -> Any:  # noqa: C901 - one case for each kind of expression
        match node:
            case ast.Constant(value):
                return value
            case ast.Name():
                return self._name(node.id)
            case ast.Attribute(base, attr):
                return self._attribute(self.meaning(base), attr)
            case ast.Subscript(base, index):
                return self._element(self.before(base, [index], read=False), self.value(index))
            case ast.Call():
                return self._call(node)
            case ast.BinOp(left, op, right):
                first = self.before(left, [right])
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
                return tuple(self.before(e, elts[i + 1 :]) for i, e in enumerate(elts))
            case _:
                raise AssertionError(ast.dump(node))

    def before(self, node: ast.expr, later: list[ast.expr], read: bool = True) -> Any:
        """A part of an expression; if later parts take steps, it is read before them."""
        if not self._kept_before(node, later):
            return self.value(node) if read else self.meaning(node)
        inside = self.entries(node)
        if self.used + inside < len(self.log):
            self.used += inside + 1
            return self.log[self.used - 1]
        raise Keep(self.keep(self.value(node)) if read else self.meaning(node))

    def _kept_before(self, node: ast.expr, later: list[ast.expr]) -> bool:
        """Constants need not be kept, and what a call that takes steps gave is kept anyway."""
        if isinstance(node, ast.Constant) or (isinstance(node, ast.Call) and self._is_step(node)):
            return False
        return any(self.stepping(e) for e in later)

    def _is_step(self, node: ast.Call) -> bool:
        """Whether it is the call itself that takes steps, and not only its arguments."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("alloc", "try_alloc"):
            return True
        return self.stepping(ast.Call(ast.Name(node.func.id) if isinstance(node.func, ast.Name) else node.func, [], []))

    def entries(self, node: ast.expr) -> int:
        """How many entries of the log an expression takes: given by its text, except where it has short circuits."""
        if not self.stepping(node):
            return 0
        match node:
            case ast.Call(func, args, keywords):
                choosing = isinstance(func, ast.Name) and func.id == "choose"
                inside = 0 if choosing else self.entries_of([*args, *(k.value for k in keywords)])
                return inside + self.entries(func) + int(self._is_step(node))
            case ast.BinOp(left, _, right):
                return self.entries_of([left, right])
            case ast.Compare(left, _, others):
                return self.entries_of([left, *others])
            case ast.Tuple(elts):
                return self.entries_of(elts)
            case ast.UnaryOp(_, inner) | ast.Attribute(inner) | ast.IfExp(inner):
                return self.entries(inner)
            case ast.Subscript(base, index):
                return self.entries_of([base, index])
            case _:
                raise Unsupported(f"how many steps are in '{ast.unparse(node)}' depends on the run")

    def entries_of(self, parts: list[ast.expr]) -> int:
        return sum(self.entries(e) + int(self._kept_before(e, parts[i:])) for i, e in enumerate(parts, 1))

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
            return Chosen(value) if isinstance(value, type) and issubclass(value, Options) else value
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
            return At(type(value), path, owner.index, owner.through, owner.ref, parameters_of(value))
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
            return At(type(of), base.path, owner.index, owner.through, owner.ref, parameters_of(of))
        heap, first, count = base
        if not 0 <= index < count:
            self.touch()
            raise Violation("bounds")
        return Slot(heap.name, first + index)

    # ---- operators

    def _binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        if isinstance(left, frozenset):
            return {ast.BitOr: left | right, ast.BitAnd: left & right, ast.Sub: left - right}[type(op)]
        return arithmetic(op, left, right)

    def _comparison(self, node: ast.Compare) -> bool:
        left = self.before(node.left, node.comparators)
        result = True
        for i, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if isinstance(op, ast.In | ast.NotIn) and isinstance(right_node, ast.Tuple | ast.List | ast.Set):
                found = False
                for number, candidate in enumerate(right_node.elts, 1):
                    found = same(left, self.before(candidate, right_node.elts[number:])) or found
                result = result and (found == isinstance(op, ast.In))
                continue
            right = self.before(right_node, node.comparators[i + 1 :])
            if isinstance(op, ast.In | ast.NotIn):
                part = (left in right) == isinstance(op, ast.In)
            elif isinstance(op, ast.Eq | ast.NotEq):
                part = same(left, right) == isinstance(op, ast.Eq)
            else:
                part = {ast.Lt: left < right, ast.LtE: left <= right, ast.Gt: left > right, ast.GtE: left >= right}[
                    type(op)
                ]
            result = result and part
            left = right
        return result


class Chosen:
    """The options of the variant: their defaults."""

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def __getattr__(self, name: str) -> object:
        return getattr(self._cls, name)
