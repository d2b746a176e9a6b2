# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A program as one C translation unit: its transitions, checks and invariants, then the runtime that drives them.

One C function for each (class, location), with the instance as parameter, keeps the code small. A function appends the
successors of a state to a buffer, each a row of the packed words and one word that says where it came from: the number
of the old state in the upper half, then 8 bits instance and 24 bits edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...model.ir.program import Check, Edge, Invariant, Location, Process, Program
from ...model.ir.properties import DEADLOCK
from .expr_c import C, Scope, cell_index, compile_expr, number, place
from .packing import Field, Packing, Unsupported, pack_program

RUNTIME = ("base.h", "table.c", "search.c", "workers.c", "trace.c", "graph.c")
MOST_INSTANCES, MOST_EDGES = 256, 1 << 24
# Successors are written before their guard is known and kept if it holds, which saves mispredicted branches; beyond
# this many updates the work lost on false guards costs more than the branch.
SPECULATE = 6
NO, YES, IF_STUCK = 0, 1, 2


@dataclass(frozen=True)
class Unit:
    """The numbering shared by the generated C and its caller.

    Edges are numbered through all classes in order; ``faults`` names what ``report`` numbers: every property with
    checks, every invariant, and the deadlock, which is last.
    """

    program: Program
    packing: Packing

    @cached_property
    def first_edge(self) -> tuple[int, ...]:
        """The number of each class's first edge."""
        counts = [len(p.edges) for p in self.program.processes]
        return tuple(sum(counts[:k]) for k in range(len(counts)))

    @cached_property
    def first_instance(self) -> tuple[int, ...]:
        counts = [p.count for p in self.program.processes]
        return tuple(sum(counts[:k]) for k in range(len(counts)))

    @property
    def instances(self) -> int:
        return sum(p.count for p in self.program.processes)

    @property
    def edges(self) -> int:
        return sum(len(p.edges) for p in self.program.processes)

    @cached_property
    def faults(self) -> tuple[str, ...]:
        checked = {c.property for p in self.program.processes for e in p.edges for c in e.checks}
        return (*sorted(checked), *(i.name for i in self.program.invariants), DEADLOCK)

    @cached_property
    def fault_number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.faults)}

    @cached_property
    def source(self) -> str:
        return "\n".join(_unit(self))


def emit(program: Program) -> Unit:
    """The C of a program. Raises Unsupported if it is beyond the packing or the numbering."""
    unit = Unit(program, pack_program(program))
    if unit.instances > MOST_INSTANCES or unit.edges > MOST_EDGES:
        raise Unsupported(f"the native engine numbers at most {MOST_INSTANCES} processes and {MOST_EDGES} edges")
    return unit


def _unit(unit: Unit) -> Iterator[str]:
    texts = {name: Path(__file__).with_name("runtime").joinpath(name).read_text() for name in RUNTIME}
    yield from _sizes(unit)
    yield texts.pop("base.h")
    for number_, process in enumerate(unit.program.processes):
        yield from _process(unit, number_, process)
    yield from _successors(unit)
    yield from _invariants(unit)
    yield from _stands(unit, "may_stay", _may_stay)
    yield from texts.values()


def _sizes(unit: Unit) -> Iterator[str]:
    yield f"#define WORDS {unit.packing.words}"
    yield f"#define INSTANCES {unit.instances}"
    yield f"#define EDGES {max(unit.edges, 1)}"
    yield f"#define FAULTS {len(unit.faults)}"
    yield f"#define DEADLOCK {len(unit.faults) - 1}"
    fan_outs = {process.name: _fan_out(process) for process in unit.program.processes}
    yield f"#define MOST_STEPS {max(fan_outs.values(), default=0) + 1}"
    yield f"#define MOST_SUCCESSORS {sum(p.count * fan_outs[p.name] for p in unit.program.processes) + 1}"


def _fan_out(process: Process) -> int:
    sources = [e.source for e in process.edges]
    return max((sources.count(s) for s in set(sources)), default=0)


# Transitions


def _process(unit: Unit, class_: int, process: Process) -> Iterator[str]:
    """The step functions of a class, and the table of them by location."""
    me = number(0) if process.count == 1 else C("me", 0, process.count - 1)
    scope = Scope.of(unit.program, unit.packing, me)
    for at in range(len(process.locations)):
        edges = [(unit.first_edge[class_] + k, e) for k, e in enumerate(process.edges) if e.source == at]
        if edges:
            yield f"static STEP(step_{class_}_{at}) {{"
            for edge_number, edge in edges:
                yield from _edge(unit, scope, unit.packing.locations[class_], edge_number, edge)
            yield "return o; }"
    sources = {e.source for e in process.edges}
    names = (f"step_{class_}_{at}" if at in sources else "step_none" for at in range(len(process.locations)))
    yield f"static Step *const steps_{class_}[] = {{{', '.join(names)}}};"


def _edge(unit: Unit, scope: Scope, location: Field, number_: int, edge: Edge) -> Iterator[str]:
    guard = compile_expr(edge.guard, scope)
    yield f"/* {number_} */"
    for failing, position in _failing(scope, edge.checks):
        property_ = unit.fault_number[edge.checks[position].property]
        yield f"if (unlikely({failing})) report(faults, {property_}, from + {number_}, {position}); else"
    if guard.known and not guard.lo:
        yield ";"
        return
    speculate = not guard.known and len(edge.updates) <= SPECULATE
    yield "{" if guard.known or speculate else f"if ({guard.text}) {{"
    if speculate:
        yield f"const u64 kept = (u64){guard.text};"
    yield "for (int w = 0; w < WORDS; w++) o[w] = s[w];"
    yield from _move(location, scope, edge)
    for update in edge.updates:
        value = compile_expr(update.value, scope)
        cell = cell_index(update.index, update.var, scope)
        yield from _store(unit.packing.variables[update.var], cell, value)
    yield f"o[WORDS] = from + {number_};"
    yield "o += kept ? WORDS + 1 : 0; }" if speculate else "o += WORDS + 1; }"


def _move(location: Field, scope: Scope, edge: Edge) -> Iterator[str]:
    """The old location is known here, so one exclusive or makes it the new one."""
    if edge.source != edge.target and scope.me is not None:
        word, shift = place(location, scope.me)
        yield f"o[{word}] ^= {edge.source ^ edge.target}ULL << {shift};"


def _store(field: Field, cell: C, value: C) -> Iterator[str]:
    if field.width == 0 or field.count == 0:
        return
    word, shift = place(field, cell)
    offset = f"(u64)({value.text} - {field.lo})" if field.lo else f"(u64){value.text}"
    inside = field.lo <= value.lo and value.hi <= field.hi
    bits = offset if inside else f"({offset} & {field.mask}ULL)"
    if value.known:
        bits = f"{value.lo - field.lo & field.mask}ULL"
    yield f"put(o, {word}, {shift}, {field.mask}ULL, {bits});"


def _failing(scope: Scope, checks: tuple[Check, ...]) -> Iterator[tuple[str, int]]:
    """(condition under which the check fails, position) of every check that can fail."""
    for position, check in enumerate(checks):
        when, ok = compile_expr(check.when, scope), compile_expr(check.ok, scope)
        never = (when.known and not when.lo) or (ok.known and ok.lo)
        if not never:
            yield f"{when.text} && !{ok.text}", position


def _successors(unit: Unit) -> Iterator[str]:
    """``successors`` of a state: all instances in order, or those whose urgency leaves the others no turn."""
    urgent = [_urgency(unit, k, p) for k, p in enumerate(unit.program.processes)]
    yield from urgent
    some = any(urgent)
    yield "static u64 *successors(const u64 *restrict s, u64 from, u64 *restrict o, Faults *faults) {"
    if some:
        yield "u64 *const start = o; const u32 before = faults->count;"
        for class_ in range(len(urgent)):
            if urgent[class_]:
                yield from _turn(unit, class_, f"urgent_{class_}(s, me, at)")
        yield "if (o != start || faults->count != before) return o;"
    for class_ in range(len(urgent)):
        yield from _turn(unit, class_, f"!urgent_{class_}(s, me, at)" if urgent[class_] else "")
    yield "return o; }"


def _turn(unit: Unit, class_: int, condition: str) -> Iterator[str]:
    count, first = unit.program.processes[class_].count, unit.first_instance[class_]
    location = unit.packing.locations[class_]
    yield f"for (i64 me = 0; me < {count}; me++) {{ const u64 at = {_location(location)};"
    if condition:
        yield f"if ({condition})"
    yield f"o = steps_{class_}[at](s, me, from + ((u64)(me + {first}) << 24), o, faults); }}"


def _location(field: Field) -> str:
    if field.width == 0:
        return "0"
    word, shift = place(field, number(0) if field.count == 1 else C("me", 0, field.count - 1))
    return f"s[{word}] >> {shift} & {field.mask}ULL"


def _urgency(unit: Unit, class_: int, process: Process) -> str:
    """The function that says whether an instance has priority; empty if none of the class ever has."""
    scope = Scope.of(unit.program, unit.packing, number(0) if process.count == 1 else C("me", 0, process.count - 1))
    stated = {at: place.urgent for at, place in enumerate(process.locations) if place.urgent is not None}
    compiled = {at: compile_expr(urgent, scope) for at, urgent in stated.items()}
    cases = [f"case {at}: return {c.text} != 0;" for at, c in compiled.items() if c != number(0)]
    if not cases:
        return ""
    head = f"static int urgent_{class_}(const u64 *restrict s, i64 me, u64 at) {{ (void)s; (void)me; switch (at) {{"
    return "\n".join((head, *cases, "default: return 0; } }"))


# States


def _invariants(unit: Unit) -> Iterator[str]:
    """``examine`` reports every invariant that a state breaks. Position -1 is its expression, else a guarding check."""
    scope = Scope.of(unit.program, unit.packing, None)
    yield from _stands(unit, "settled", _settled)
    yield "static void examine(const u64 *restrict s, u64 from, Faults *faults) {"
    yield "(void)s; (void)from; (void)faults;"
    for kind in ("invariant", "balance"):
        if kind == "balance" and any(i.kind == kind for i in unit.program.invariants):
            yield "if (!settled(s)) return;"
            yield "faults->settled = 1;"
        for invariant in unit.program.invariants:
            if invariant.kind == kind:
                yield from _invariant(scope, unit.fault_number[invariant.name], invariant)
    yield "}"


def _invariant(scope: Scope, property_: int, invariant: Invariant) -> Iterator[str]:
    for failing, position in _failing(scope, invariant.checks):
        yield f"if (unlikely({failing})) report(faults, {property_}, from, {position}); else"
    yield f"if (unlikely(!{compile_expr(invariant.expr, scope).text})) report(faults, {property_}, from, -1);"


def _stands(unit: Unit, name: str, grade: Callable[[Location], int]) -> Iterator[str]:
    """A C function: whether every instance stands where ``grade`` is YES, or IF_STUCK and it has no step."""
    yield f"static int {name}(const u64 *restrict s) {{ (void)s;"
    for class_, process in enumerate(unit.program.processes):
        grades = [grade(location) for location in process.locations]
        if process.count and set(grades) != {YES}:
            yield f"static const unsigned char grade_{class_}[] = {{{', '.join(map(str, grades))}}};"
            yield f"for (i64 me = 0; me < {process.count}; me++) {{"
            yield f"const u64 at = {_location(unit.packing.locations[class_])};"
            yield f"if (grade_{class_}[at] == {NO}) return 0;"
            if IF_STUCK in grades:
                yield f"if (grade_{class_}[at] == {IF_STUCK} && able(steps_{class_}[at], s, me)) return 0;"
            yield "}"
    yield "return 1; }"


def _settled(location: Location) -> int:
    """Balance is demanded where everybody has ended, rests, or is idle with nothing to do."""
    return YES if location.ends or location.rests else IF_STUCK if location.idle else NO


def _may_stay(location: Location) -> int:
    return YES if location.ends or location.rests or location.idle else NO
