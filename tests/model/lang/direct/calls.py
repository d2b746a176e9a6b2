# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Calls of the direct interpreter: functions, words, allocation, quantifiers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from typing import Any

from svmcheck.model.lang.declare import Pool
from svmcheck.model.lang.decorators import Actors, mark_of

from .declared import attributes
from .expressions import Expressions
from .values import Call, Choice, Many, Method, Ref, Slot, Violation, Who, Word, single_return


class Evaluator(Expressions):
    """Expressions with calls in them; see expressions.py for what stops evaluation."""

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
            raise Call(called.function, arguments)
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
        own = self.entries_of(given)
        if not pure and self.used + own < len(self.log):
            self.used += own
            return {}
        for i, (name, argument) in enumerate(zip(names, given, strict=True)):
            assert name is not None
            found = self.before(argument, given[i + 1 :])
            result[name] = found if pure else self.keep(found)
        defaults = called.function.__defaults__ or ()
        for name, value in zip(reversed(parameters), reversed(defaults), strict=False):
            result.setdefault(name, value)
        return result

    def pure(self, called: Method, given: list[object], arguments: dict[str, object] | None = None) -> Any:
        node = self.direct.texts.of(called.function)
        parameters = [a.arg for a in node.args.args]
        bound: dict[str, object] = dict(arguments or {})
        if called.receiver is not None:
            bound[parameters[0]] = called.receiver
        bound |= dict(zip([p for p in parameters if p not in bound], given, strict=False))
        inner = Evaluator(
            self.direct, self.cells, bound, called.function, self.p, (), self.specification, self.micro, self.inside
        )
        return inner.value(single_return(node))

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
                if isinstance(found, Many):
                    return found.size
                heap, first, count = found
                return sum(self.load((f"{heap.name}.allocated", (i,))) for i in range(first, first + count))
            case "min" | "max":
                values = [self.before(a, node.args[i:]) for i, a in enumerate(node.args, 1)]
                return min(values) if called.name == "min" else max(values)
            case "all" | "any" | "sum" | "next":
                return self._of_all(called.name, node)
            case "choose":
                if self.used < len(self.log):
                    self.used += 1
                    return self.log[self.used - 1]
                raise Choice([self._option(a) for a in node.args])
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

    def _of_all(self, word: str, node: ast.Call) -> Any:
        """What a generator comes to; of ``next`` the second argument is looked at only where there is no element."""
        generator = node.args[0]
        assert isinstance(generator, ast.GeneratorExp)
        values = list(self._elements(generator, 0))
        if word == "next":
            return values[0] if values else self.value(node.args[1])
        return all(values) if word == "all" else any(values) if word == "any" else sum(int(v) for v in values)

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
            raise Choice([Ref(heap.name, i, True) for i in free] or [None], allocate=True)
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
