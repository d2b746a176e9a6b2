# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The IR as text for people: expressions, edges, and whole programs, in the notation of the protocol language.

The text of an expression over integers and Booleans is a Python expression of the same value; constants of other types
are shown as their type reads them (``DEVICE``, ``pages[0]``, ``cpu_fault[1]``), the stepping process as ``me``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .expr import TRUE, Binary, Bound, Const, Expr, Ite, Load, Me, Quant, Unary
from .layout import placed
from .program import Check, Dim, Edge, Frame, Heap, Invariant, Location, LockEvent, Process, Program, Update, Variable
from .types import BoolType, EnumType, IntType, PidType, RefType, SetType, Type

# How tightly an operator binds, as in Python; the set operators bind like `+`.
ITE, OR, AND, NOT, COMPARE, ADD, MULTIPLY, NEGATE, ATOM = range(9)
STRENGTH: dict[str, int] = {
    "or": OR, "and": AND,
    "==": COMPARE, "!=": COMPARE, "<": COMPARE, "<=": COMPARE, ">": COMPARE, ">=": COMPARE, "has": COMPARE,
    "+": ADD, "-": ADD, "with": ADD, "without": ADD, "union": ADD, "minus": ADD, "meet": ADD,
    "*": MULTIPLY, "//": MULTIPLY, "%": MULTIPLY,
}  # fmt: skip
ASSOCIATIVE = frozenset({"or", "and", "+", "*", "union", "meet"})
BIT_OPERATORS = frozenset({"has", "with", "without"})  # whose right side is a bit number of the set on the left


@dataclass(frozen=True)
class Scope:
    """What names mean where a text is shown: without a program, cells are shown as ``name[index]``."""

    program: Program | None = None
    process: Process | None = None

    @cached_property
    def variables(self) -> dict[str, Variable]:
        return {v.name: v for v in self.program.variables} if self.program else {}

    @cached_property
    def first_pid(self) -> int | None:
        """The number, as a process id, of the first instance of the stepping class."""
        if self.program is None or self.process is None:
            return None
        before = self.program.processes[: self.program.processes.index(self.process)]
        return 1 + sum(p.count for p in before)


NOWHERE = Scope()


def expr_text(expr: Expr, scope: Scope = NOWHERE) -> str:
    return _expr(expr, scope)[0]


def _expr(expr: Expr, scope: Scope) -> tuple[str, int]:
    """The text of an expression and how tightly its outermost operator binds."""
    match expr:
        case Const(value, type_):
            return type_.show(value), NEGATE if isinstance(type_, IntType) and value < 0 else ATOM
        case Me():
            return "me", ATOM
        case Bound(name):
            return name, ATOM
        case Load(var, index):
            return cell_text(var, index, scope), ATOM
        case Unary("not", arg):
            return f"not {_inside(arg, NOT, scope)}", NOT
        case Unary("-", arg):
            return f"-{_inside(arg, ATOM, scope)}", NEGATE
        case Unary(op, arg):
            return f"{op}({expr_text(arg, scope)})", ATOM
        case Binary():
            return _binary(expr, scope)
        case Ite(test, then, other):
            texts = (_inside(then, OR, scope), _inside(test, OR, scope), expr_text(other, scope))
            return "{} if {} else {}".format(*texts), ITE
        case Quant(op, name, first, count, body, _, domain):
            span = f"{domain.show(first)}..{domain.show(first + count - 1)}" if count else "nothing"
            return f"{op}({expr_text(body, scope)} for {name} in {span})", ATOM


def _inside(expr: Expr, strength: int, scope: Scope) -> str:
    text, own = _expr(expr, scope)
    return text if own >= strength else f"({text})"


def _binary(expr: Binary, scope: Scope) -> tuple[str, int]:
    match expr:  # the id of the stepping process: its index plus the number of its class's first instance
        case Binary("+", Me(), Const(offset), PidType()) | Binary("+", Const(offset), Me(), PidType()):
            return "me" if offset == scope.first_pid else f"pid(me + {offset})", ATOM
        case Binary(op, left, Const(bit), _) if op in BIT_OPERATORS and isinstance(left.type, SetType):
            right = left.type.element.show(left.type.first + bit)
        case Binary(op, _, right_side, _):
            tighter = 0 if op in ASSOCIATIVE and isinstance(right_side, Binary) and right_side.op == op else 1
            right = _inside(right_side, STRENGTH[op] + tighter, scope)
    strength = STRENGTH[expr.op]
    left_text = _inside(expr.left, strength + (strength == COMPARE), scope)
    return f"{left_text} {expr.op} {right}", strength


def cell_text(var: str, index: tuple[Expr, ...], scope: Scope = NOWHERE) -> str:
    """``pages[i].refs`` for a field of a heap, ``me.page`` for an own local, ``name[i][j]`` for an array."""
    variable = scope.variables.get(var)
    texts = tuple(expr_text(i, scope) for i in index)
    if variable is None:
        return var + "".join(f"[{t}]" for t in texts)
    own = scope.process is not None and variable.owner == scope.process.name
    if own and (isinstance(index[0], Me) or variable.dims[0].size == 1):
        return "me." + var.partition(".")[2] + "".join(f"[{t}]" for t in texts[1:])
    return placed(variable, texts)


def type_text(type_: Type) -> str:
    match type_:
        case BoolType():
            return "bool"
        case EnumType(name, members):
            return f"{name}({' | '.join(members)})"
        case IntType(lo, hi):
            return f"{lo}..{hi}"
        case RefType(heap):
            return f"ref {heap}"
        case PidType():
            return "pid"
        case SetType(element, first, count):
            members = ", ".join(element.show(first + b) for b in range(count))
            return f"set of {{{members}}}"


def update_text(update: Update, scope: Scope = NOWHERE) -> str:
    return f"{cell_text(update.var, update.index, scope)} := {expr_text(update.value, scope)}"


def lock_text(event: LockEvent, scope: Scope = NOWHERE) -> str:
    where = event.lock + "".join(f"[{expr_text(i, scope)}]" for i in event.index)
    flags = (("shared", event.mode == "shared"), ("recursive", event.recursive), ("nested", event.nested))
    how = "".join(f" {word}" for word, on in flags if on)
    how += f" of family {event.family}" if event.family else ""
    return f"{event.action} {where}{how}" + ("" if event.blocking or event.action == "release" else " by trylock")


def check_text(check: Check, scope: Scope = NOWHERE) -> str:
    when = "" if check.when == TRUE else f" if {expr_text(check.when, scope)}"
    return f"{check.property}: {expr_text(check.ok, scope)}{when}"


def place_text(frames: tuple[Frame, ...]) -> str:
    """The call chain as ``file:line < file:line``, innermost first."""
    return " < ".join(f"{f.file}:{f.line}" for f in reversed(frames))


def edge_text(edge: Edge, program: Program | None = None, process: Process | None = None) -> str:
    """One line: the label, the guard in brackets, the updates. With a program, cells are named as reports name them."""
    scope = Scope(program, process)
    guard = "" if edge.guard == TRUE else f"  [{expr_text(edge.guard, scope)}]"
    updates = "; ".join(update_text(u, scope) for u in edge.updates)
    return f"{edge.label}{guard}" + (f"  {updates}" if updates else "")


def program_text(program: Program) -> str:
    """The whole program, one block for each kind of thing; ends with a newline."""
    settings = [f"{name}={value}" for name, value in (*program.options, *program.sizes)]
    lines = [f"program {program.name}" + (f" ({', '.join(settings)})" if settings else "")]
    lines += [f"note: {note}" for note in program.notes]
    lines += ["", "variables", *(f"  {variable_text(v)}" for v in program.variables)]
    if program.heaps:
        lines += ["", "heaps", *(f"  {heap_text(h)}" for h in program.heaps)]
    lines += ["", "initial states", *(f"  {n}: {_initial(program, n)}" for n in range(len(program.initial)))]
    for process in program.processes:
        lines += ["", *_process(process, Scope(program, process))]
    lines += list(_properties(program))
    return "\n".join(lines) + "\n"


def variable_text(variable: Variable) -> str:
    dims = "".join(f"[{dim_text(d)}]" for d in variable.dims)
    flags = [word for word, on in (("ghost", variable.ghost), ("hidden", variable.hidden)) if on]
    if variable.owner is not None:
        flags.insert(0, f"local of {variable.owner}")
    tail = f"  ({', '.join(flags)})" if flags else ""
    return f"{variable.name}{dims}: {type_text(variable.type)} = {variable.type.show(variable.initial)}{tail}"


def dim_text(dim: Dim) -> str:
    return str(dim.size) if dim.space is None else f"{dim.space} {dim.size}"


def heap_text(heap: Heap) -> str:
    symmetric = ", symmetric" if heap.symmetric else ""
    return f"{heap.name}: {heap.slots} slots{symmetric}, in use by {heap.allocated}, fields {', '.join(heap.fields)}"


def _initial(program: Program, number: int) -> str:
    """The cells of an initial state that differ from the declared initial values."""
    from .layout import Layout, cells

    layout = Layout(program)
    names = layout.cell_names()[len(layout.instances) :]
    owners = [v for v in program.variables for _ in range(cells(v))]
    values = zip(names, owners, program.initial[number], strict=True)
    changed = [f"{name} = {v.type.show(value)}" for name, v, value in values if value != v.initial]
    return ", ".join(changed) or "as declared"


def _process(process: Process, scope: Scope) -> Iterator[str]:
    symmetric = ", symmetric" if process.symmetric else ""
    yield f"process {process.name} x {process.count}{symmetric}  {place_text((process.frame,))}"
    yield from (f"  at the start {lock_text(e, scope)}" for e in process.entry_locks)
    for number, location in enumerate(process.locations):
        yield f"  {number}:{'  entry' if number == process.entry else ''}{location_text(location, scope)}"
        for edge in process.edges:
            if edge.source == number:
                yield f"    -> {edge.target}  {edge.label}  {place_text(edge.frames)}"
                yield from (f"       {line}" for line in edge_lines(edge, scope))


def location_text(location: Location, scope: Scope = NOWHERE) -> str:
    """Label, place and flags of a location, each with two blanks before it."""
    flags = [f"pending {goal}" for goal in location.pending]
    if location.urgent is not None:
        flags.append("urgent" if location.urgent == TRUE else f"urgent if {expr_text(location.urgent, scope)}")
    flags += [w for w, on in (("rests", location.rests), ("idle", location.idle), ("ends", location.ends)) if on]
    parts = [location.label, place_text(location.frames), f"({', '.join(flags)})" if flags else ""]
    return "".join(f"  {part}" for part in parts if part)


def edge_lines(edge: Edge, scope: Scope = NOWHERE) -> Iterator[str]:
    """Everything an edge demands and does, one thing a line, in the order in which a step does it."""
    yield from (f"check {check_text(c, scope)}" for c in edge.checks)
    if edge.guard != TRUE:
        yield f"when {expr_text(edge.guard, scope)}"
    yield from (update_text(u, scope) for u in edge.updates)
    yield from (lock_text(e, scope) for e in edge.locks)
    if edge.fairness is not None:
        yield f"strongly fair {edge.fairness.kind} of {edge.fairness.subject} (key {edge.fairness.key})"
    yield from (f"completes {goal}" for goal in edge.completes)
    yield from (f"marks {mark}" for mark in edge.marks)


def _properties(program: Program) -> Iterator[str]:
    scope = Scope(program)
    stated = [_invariant(i, scope) for i in program.invariants]
    for t in program.temporal:
        premise = f"{expr_text(t.premise, scope)} leads to " if t.kind == "leads-to" else "always eventually "
        stated.append([f"{t.name}: {premise}{expr_text(t.conclusion, scope)}  {place_text((t.frame,))}"])
    stated += [[f"goal {goal}"] for goal in program.goals] + [[f"cover {mark}"] for mark in program.covers]
    if stated:
        yield from ("", "properties", *(f"  {line}" for lines in stated for line in lines))


def _invariant(invariant: Invariant, scope: Scope) -> list[str]:
    text = f"{invariant.kind} {invariant.name}: {expr_text(invariant.expr, scope)}  {place_text((invariant.frame,))}"
    return [text, *(f"  check {check_text(c, scope)}" for c in invariant.checks)]
