# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Statements: one statement is one step; a test that reads shared state is a step of its own."""

from __future__ import annotations

import ast
import re

from ...ir.build import arithmetic, both, compare, negate
from ...ir.expr import FALSE, TRUE, Const, Expr, Load, integer
from ...ir.program import Check
from ...ir.types import BOOL, IntType, PidType, RefType, SetType, Type
from ..graph import Assume, Demand, Store
from ..values import Alias, Builtin, Meaning, Place, Static, Tuple, Value, type_name
from . import blocks, calls, expressions, names
from .state import Lowerer, LowerError


def block(low: Lowerer, body: list[ast.stmt]) -> None:
    """All statements; an error in one is recorded and the next is still looked at."""
    for node in body:
        begin(low, node)
        try:
            statement(low, node)
        except LowerError as problem:
            low.record(problem)
            low.ops = []
            low.when = TRUE
            low.bound = []
            low.specification = low.pinning = False


def begin(low: Lowerer, node: ast.stmt) -> None:
    """Note where we are: the frames of every inlined call, and the label of the innermost statement of the author."""
    depth = len(low.scopes) - 1
    low.frames = (*low.frames[:depth], low.frame(_head(node)))
    if not is_library(low):
        low.label = low.source.text(_head(node)).removesuffix(":")


def is_library(low: Lowerer) -> bool:
    """A primitive's own lines label no step: the call of the primitive does."""
    return low.scope.function.function.__module__.startswith("svmcheck.model.primitives") and len(low.scopes) > 1


def _head(node: ast.stmt) -> ast.AST:
    """The part of a statement that is one line: for compound statements, the test."""
    match node:
        case ast.If(test=test) | ast.While(test=test):
            return test
        case ast.With(items=items):
            return items[0].context_expr
        case ast.Match(subject=subject):
            return subject
        case _:
            return node


def statement(low: Lowerer, node: ast.stmt) -> None:
    match node:
        case ast.Expr(ast.Constant()) | ast.Pass():
            pass
        case ast.Expr(ast.Call() as call):
            if not calls.statement(low, call):
                _bare_call(low, call)
        case ast.Assign(targets=[target], value=given):
            assign(low, target, given, node)
        case ast.AnnAssign(target=target, value=ast.expr() as given):
            assign(low, target, given, node)
        case ast.AugAssign():
            augmented(low, node)
        case ast.If():
            if_statement(low, node)
        case ast.While():
            blocks.while_loop(low, node)
        case ast.For():
            blocks.for_loop(low, node)
        case ast.With():
            blocks.with_block(low, node, 0)
        case ast.Match():
            match_statement(low, node)
        case ast.Assert():
            assertion(low, node)
        case ast.Return():
            return_statement(low, node)
        case ast.Break() | ast.Continue():
            blocks.jump(low, node)
        case _:
            raise low.error("SVM308", f"{type(node).__name__} is not part of the language", node, "see docs/language.md")


def _bare_call(low: Lowerer, call: ast.Call) -> None:
    found = calls.call(low, call)
    if isinstance(found, Value | Static | Tuple) and not isinstance(calls.callee(low, call), calls.Function):
        raise low.error("SVM253", "this value is not used", call, "assign it, test it, or remove the line")
    low.flush()


# ---- assignment


def assign(low: Lowerer, target: ast.expr, given: ast.expr, node: ast.stmt) -> None:
    if isinstance(given, ast.Call) and _is_counter(low, given):
        declare_counter(low, target, given)
        return
    if isinstance(target, ast.Attribute | ast.Subscript):
        gathered = list(low.ops)
        low.specification = place_of(low, target).ghost  # looked at again below, when the value's own steps are done
        low.ops = gathered
        try:
            found = expressions.evaluate(low, given)
        finally:
            low.specification = False
        place = place_of(low, target)
        store(low, place, found, given, target)
        return
    store_name(low, target, expressions.evaluate(low, given), given, node)
    low.flush()


def _is_counter(low: Lowerer, call: ast.Call) -> bool:
    found = calls.callee(low, call)
    return isinstance(found, Builtin) and found.name == "counter"


def declare_counter(low: Lowerer, target: ast.expr, call: ast.Call) -> None:
    bounds = [expressions.evaluate(low, a) for a in call.args]
    numbers = [b.value for b in bounds if isinstance(b, Static) and isinstance(b.value, int)]
    if len(numbers) != 3 or not isinstance(target, ast.Name):
        raise low.error("SVM241", "counter() takes three constants and is assigned to a local", call, "tries = counter(3, 0, 3)")
    init, lo, hi = numbers
    if not lo <= init <= hi:
        raise low.error("SVM241", f"counter({init}, {lo}, {hi}) starts outside its range", call, "counter(init, lo, hi)")
    variable = f"{low.scope.prefix}.{target.id}"
    kind = IntType(lo, hi)
    if low.facts.declared.setdefault(variable, kind) != kind:
        raise low.error("SVM210", f"'{target.id}' is declared twice with different ranges", call, "declare it once")
    if low.facts.types.get(variable) != kind:
        low.facts.types[variable] = kind
        low.facts.changed = True
    low.emit([Store(variable, (low.actor.me,), integer(init))])


def store_name(low: Lowerer, target: ast.expr, found: Meaning, given: ast.AST, node: ast.stmt) -> None:
    if isinstance(target, ast.Tuple):
        items = found.items if isinstance(found, Tuple) else ()
        if len(items) != len(target.elts):
            raise low.error("SVM254", f"{len(target.elts)} names for {len(items) or 'one'} value(s)", node,
                            "the right side must be a tuple, or a function returning one, of the same length")
        for part, item in zip(target.elts, items, strict=True):
            store_name(low, part, item, given, node)
        return
    if not isinstance(target, ast.Name):
        raise low.error("SVM309", "this cannot be assigned to", target, "assign to a local, a field, or an array element")
    if isinstance(found, Alias) and found.path and not _is_heap(low, found):
        _fix_alias(low, target, found)
        return
    store_local(low, f"{low.scope.prefix}.{target.id}", found, given)


def _is_heap(low: Lowerer, found: Alias) -> bool:
    return any(info.name == found.path for info in low.storage.heaps.values())


def _fix_alias(low: Lowerer, target: ast.Name, found: Alias) -> None:
    """A local that names a lock or record in place: bound while compiling, so it cannot change."""
    stores = [n for n in ast.walk(low.scope.function.node) if isinstance(n, ast.Name) and n.id == target.id
              and isinstance(n.ctx, ast.Store)]  # fmt: skip
    if len(stores) > 1:
        raise low.error("SVM255", f"'{target.id}' names a record in place and is assigned {len(stores)} times", target,
                        "use one name for each, or references into a pool")
    if any(low.is_shared(i) for i in found.index):
        raise low.error("SVM256", f"'{target.id}' would name a record through shared state", target,
                        "copy the reference to a local first: 'page = k.mapped; lock = page.lock'")
    low.scope.names[target.id] = found


def store_local(low: Lowerer, variable: str, found: Meaning, node: ast.AST) -> None:
    """Gather the store of a value into a run-time local."""
    if isinstance(found, Static) and found.value is None:
        low.learn(variable, None, node)
        kind = low.facts.types.get(variable)
        low.ops.append(Store(variable, (low.actor.me,), Const(0, kind or BOOL)))
        return
    value = expressions.as_value(low, found, node)
    low.learn(variable, value.type, node)
    declared = low.facts.declared.get(variable)
    if declared is not None:
        keep_in_domain(low, value.expr, declared, variable.rpartition(".")[2])
    low.ops.append(Store(variable, (low.actor.me,), value.expr))


def place_of(low: Lowerer, target: ast.expr) -> Place:
    spec, low.specification = low.specification, True
    try:
        found = expressions.meaning(low, target)
    finally:
        low.specification = spec
    if not isinstance(found, Place):
        raise low.error("SVM309", f"{names.describe(found)} cannot be assigned to", target, "assign to a field or an array element")
    return found


def store(low: Lowerer, place: Place, found: Meaning, given: ast.AST, target: ast.expr) -> None:
    """Store into a field, after checking type, domain and the references on the way."""
    names.follow(low, place.owner)
    text = low.source.text(target)
    value = expressions.as_value(low, found, given, place.type)
    if not _fits(value.type, place.type):
        raise low.error("SVM257", f"'{text}' holds a {type_name(place.type)}, this is a {type_name(value.type)}", given,
                        f"assign a {type_name(place.type)}")
    if isinstance(value.type, RefType) and isinstance(value.expr, Const) and value.expr.value:
        allocated = Load(f"{value.type.heap}.allocated", (integer(value.expr.value - 1),), BOOL)
        low.demand(allocated, "no-use-after-free", f"{value.type.show(value.expr.value)} is not allocated")
    if isinstance(place.type, IntType):
        keep_in_domain(low, value.expr, place.type, text)
    low.emit([Store(place.var, place.index, value.expr)], "local" if place.ghost else None)


def _fits(given: Type, wanted: Type) -> bool:
    return given == wanted or (isinstance(given, IntType) and isinstance(wanted, IntType))


def keep_in_domain(low: Lowerer, value: Expr, kind: IntType, text: str) -> None:
    low.demand(both(compare(">=", value, integer(kind.lo)), compare("<=", value, integer(kind.hi))), "bounds",
               f"{text} leaves {kind.lo}..{kind.hi}")


def augmented(low: Lowerer, node: ast.AugAssign) -> None:
    """``x += 1``: on shared state a read and then a write, as in C; on a local, or in an atomic block, one."""
    found = expressions.meaning(low, node.target)
    if isinstance(found, Place) and isinstance(found.type, SetType):
        raise low.error("SVM303", "augmented assignment to a set", node, "use s.add(x), s.remove(x), or s = s | t")
    op = expressions.OPERATORS.get(type(node.op))
    if op is None:
        raise low.error("SVM303", f"the operator {type(node.op).__name__}= is not part of the language", node, "use += or -=")
    if isinstance(found, Place):
        low.specification = found.ghost
    try:
        change = expressions.value(low, node.value)
    finally:
        low.specification = False
    if not isinstance(change.type, IntType) or (isinstance(found, Value | Place) and not isinstance(found.type, IntType)):
        raise low.error("SVM219", "only integers can be counted up or down", node, "assign the new value instead")
    current = expressions.as_value(low, names.read(low, found, node.target), node.target)
    if isinstance(found, Place) and not found.ghost and not low.context.inside and low.actor.count:
        low.warn("SVM501", f"'{low.source.text(node)}' is a read and then a write", node,
                 "another actor may step in between, as in C; write 'with atomic():' or use a Refcount if it is atomic", "hint")
        current = low.temporary(node.target, current.expr, ".read")
        low.flush()
    result = Value(arithmetic(op, current.expr, change.expr), low.source.text(node))
    if isinstance(found, Place):
        store(low, place_of(low, node.target), result, node, node.target)
    else:
        assert isinstance(node.target, ast.Name)
        store_local(low, f"{low.scope.prefix}.{node.target.id}", result, node)
        low.flush()


# ---- branches


def branch(low: Lowerer, test: ast.expr) -> tuple[int | None, int | None]:
    """Lower a condition to control flow; the nodes where it is true and false (None: cannot happen)."""
    if isinstance(test, ast.BoolOp) and any(calls.steps(low, v) for v in test.values):
        return _branch_chain(low, test)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and calls.steps(low, test.operand):
        yes, no = branch(low, test.operand)
        return no, yes
    found = expressions.condition(low, test)
    if isinstance(found, Const):
        low.flush()
        return (low.cur, None) if found.value else (None, low.cur)
    start, gathered = low.cur, low.ops
    labels = (low.label, low.label) if is_library(low) else (f"{low.label}: true", f"{low.label}: false")
    yes = low.emit([Assume(found)], label=labels[0])
    low.cur, low.ops = start, list(gathered)
    no = low.emit([Assume(negate(found))], label=labels[1])
    return yes, no


def _branch_chain(low: Lowerer, test: ast.BoolOp) -> tuple[int | None, int | None]:
    """``and``/``or`` with a call: each operand is evaluated only if the ones before it do not decide."""
    conjunctive = isinstance(test.op, ast.And)
    decided: list[int] = []
    for operand in test.values:
        yes, no = branch(low, operand)
        go_on, stop = (yes, no) if conjunctive else (no, yes)
        if stop is not None:
            decided.append(stop)
        if go_on is None:
            low.cur = low.node()
            return (None, _join(low, decided)) if conjunctive else (_join(low, decided), None)
        low.cur = go_on
    rest = low.cur
    return (rest, _join(low, decided)) if conjunctive else (_join(low, decided), rest)


def _join(low: Lowerer, nodes: list[int]) -> int | None:
    if not nodes:
        return None
    here, target = low.cur, low.node()
    for node in nodes:
        low.cur = node
        low.emit(kind="local", target=target)
    low.cur = here
    return target


def condition_value(low: Lowerer, node: ast.expr) -> Value:
    """A condition with calls as a value: control flow into a hidden local."""
    low.flush()
    variable = f"{low.scope.prefix}@{node.lineno}.{node.col_offset}.and"
    low.facts.hidden.add(variable)
    low.learn(variable, BOOL, node)
    yes, no = branch(low, node)
    after = low.node()
    for start, outcome in ((yes, TRUE), (no, FALSE)):
        if start is not None:
            low.cur = start
            low.emit([Store(variable, (low.actor.me,), outcome)], "local", after)
    low.cur = after
    return Value(low.local(variable, BOOL), low.source.text(node))


def if_statement(low: Lowerer, node: ast.If) -> None:
    yes, no = branch(low, node.test)
    after = low.node()
    for start, body in ((yes, node.body), (no, node.orelse)):
        if start is None:
            _check_only(low, body)
            continue
        low.cur = start
        block(low, body)
        low.goto(after)
    low.cur = after


def _check_only(low: Lowerer, body: list[ast.stmt]) -> None:
    """The branch an option rules out is still checked in every variant, away from the graph that counts."""
    saved = low.context
    low.cur = low.node()
    block(low, body)
    low.flush()
    low.context = saved


def match_statement(low: Lowerer, node: ast.Match) -> None:
    found = expressions.evaluate(low, node.subject)
    if isinstance(found, Value) and low.is_shared(found.expr):
        found = low.temporary(node.subject, found.expr, ".match")
    low.flush()
    after = low.node()
    covered: set[int] = set()
    for case in node.cases:
        test = TRUE if case.guard is None else None
        if test is None:
            raise low.error("SVM310", "a guard in a case", case.pattern, "put an if statement into the case")
        matched = _pattern(low, found, case.pattern, covered)
        start = low.cur
        if matched != FALSE:
            low.emit([Assume(matched)], "local")
            block(low, case.body)
            low.goto(after)
        else:
            _check_only(low, case.body)
        low.cur = start
        if matched == TRUE:
            low.dead_end()
            break
        low.emit([Assume(negate(matched))], "local")
    low.goto(after)
    low.cur = after


def _pattern(low: Lowerer, found: Meaning, pattern: ast.pattern, covered: set[int]) -> Expr:
    from ...ir.build import either

    match pattern:
        case ast.MatchAs(pattern=None, name=None):
            return TRUE
        case ast.MatchOr(patterns):
            result: Expr = FALSE
            for part in patterns:
                result = either(result, _pattern(low, found, part, covered))
            return result
        case ast.MatchValue(value):
            other = expressions.evaluate(low, value)
            return expressions.compared(low, "==", found, other, value, value)
        case ast.MatchSingleton(value):
            constant = ast.copy_location(ast.Constant(value), pattern)
            return expressions.compared(low, "==", found, Static(value), constant, constant)
        case _:
            raise low.error("SVM310", "this pattern is not part of the language", pattern, "match constants: 'case Pte.RAM:', 'case _:'")


# ---- the rest


def assertion(low: Lowerer, node: ast.Assert) -> None:
    message = low.source.text(node.test)
    if node.msg is not None:
        given = expressions.evaluate(low, node.msg)
        if not isinstance(given, Static) or not isinstance(given.value, str):
            raise low.error("SVM248", "the message of an assertion is a text in quotes", node.msg, 'assert x, "message"')
        message = given.value
    low.specification = True
    try:
        ok = expressions.condition(low, node.test)
    finally:
        low.specification = False
    low.ops.append(Demand(Check(TRUE, ok, slug(message), message, low.frames)))
    shared = any(isinstance(o, Demand) and low.is_shared(o.check.ok) for o in low.ops)
    low.emit(kind="lead" if shared else "local")


def slug(text: str) -> str:
    """A property name from a sentence: ``the copy is fresh`` -> ``the-copy-is-fresh``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "assertion"


def return_statement(low: Lowerer, node: ast.Return) -> None:
    from .inline import annotated, returns_value

    function = low.scope.function
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        if not returns_value(function.node):
            raise low.error("SVM258", f"'{function.name}' returns a value without saying which type", node,
                            "annotate it: 'def f(k: World) -> Result:'")
        found = expressions.evaluate(low, node.value)
        _store_return(low, found, node, annotated(low, function, function.node.returns))
    elif returns_value(function.node):
        if node.value is None:
            raise low.error("SVM259", f"'{function.name}' must return a value", node, "return one, or annotate '-> None'")
        _store_return(low, Static(None), node, annotated(low, function, function.node.returns))
    low.flush()
    blocks.leave(low, "function")


def _store_return(low: Lowerer, found: Meaning, node: ast.Return, expected: Type | None) -> None:
    first = f"{low.scope.prefix}.return"
    if isinstance(found, Tuple):
        for position, item in enumerate(found.items):
            low.facts.hidden.add(f"{first}.{position}")
            store_local(low, f"{first}.{position}", item, node)
        return
    low.facts.hidden.add(first)
    if expected is not None:
        value = expressions.as_value(low, found, node, expected)
        if not _fits(value.type, expected) and not (expected == BOOL and value.type == BOOL):
            raise low.error("SVM260", f"declared to return {type_name(expected)}, this is {type_name(value.type)}", node,
                            "return what is declared")
        found = value
    store_local(low, first, found, node)


__all__ = ["PidType"]
