# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``next((x for x in domain if test), otherwise)``: the first element of its kind, looked up in one step."""

from __future__ import annotations

import ast

from ...ir.build import both, choice, conjunction, negate, rebuild
from ...ir.expr import TRUE, Bound, Const, Expr
from ..values import Value
from . import expressions, operators
from .quantifiers import filtered, ranging
from .state import Lowerer


def first(low: Lowerer, node: ast.Call) -> Value:
    """The elements are looked at in order, as by a loop: which slot of a pool comes first decides."""
    if len(node.args) != 2 or node.keywords or not isinstance(node.args[0], ast.GeneratorExp):
        raise low.error(
            "SVM227",
            "next() takes a generator expression, and what it is if there is none",
            node,
            "write next((x for x in k.things if x.ready), null)",
        )
    looked, otherwise = node.args[0], node.args[1]
    generator = looked.generators[0]
    if len(looked.generators) > 1 or not isinstance(generator.target, ast.Name):
        raise low.error("SVM226", "next() has one 'for' with one variable", looked, "look in one pool, array or range")
    with ranging(low, generator.target.id, generator.iter) as (unique, found), filtered(low, generator) as test:
        element = expressions.as_value(low, expressions.evaluate(low, looked.elt), looked.elt)
    if found.space:
        low.facts.named.add(found.space)
    test = both(found.exists or TRUE, test)
    numbers = [Const(number, found.type) for number in range(found.first, found.first + found.count)]
    tests = [_with(test, unique, number) for number in numbers]
    before, low.when = low.when, both(low.when, conjunction(map(negate, tests)))
    default = expressions.as_value(low, expressions.evaluate(low, otherwise), otherwise, element.type)
    low.when = before
    operators.comparable(low, "==", element.type, default.type, otherwise)
    result = default.expr
    for number, suits in zip(reversed(numbers), reversed(tests), strict=True):
        result = choice(suits, _with(element.expr, unique, number), result)
    return Value(result, low.source.text(node))


def _with(expr: Expr, name: str, value: Const) -> Expr:
    return rebuild(expr, lambda e: value if isinstance(e, Bound) and e.name == name else None)
