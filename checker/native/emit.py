# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The transitions, checks and invariants of a program as C functions.

One function for each (class, location), with the instance as parameter, keeps the code small. A function appends the
successors of a state to a buffer, each a row of the packed words and one word that says where it came from: the number
of the old state in the upper half, then 8 bits instance and 24 bits edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...model.ir.program import Check, Edge, Invariant, Location, Process
from .expr_c import C, Scope, cell_index, compile_expr, number, place
from .numbering import Numbering
from .packing import Field

# Successors are written before their guard is known and kept if it holds, which saves mispredicted branches; beyond
# this many updates the work lost on false guards costs more than the branch.
SPECULATE = 6
NO, YES, IF_STUCK = 0, 1, 2


def functions(unit: Numbering) -> Iterator[str]:
    """The C of a program: the functions in ``unit.ENTRIES``, and what they call but the step functions."""
    for number_, process in enumerate(unit.program.processes):
        yield _table(number_, process)
    yield from _successors(unit)
    yield from _invariants(unit)
    yield from _stands(unit, "may_stay", _may_stay)
    yield from _can_step(unit)
    yield from _temporal(unit)


# Transitions


def step_functions(unit: Numbering) -> dict[str, str]:
    """The definition of every step function by its name, without its linkage."""
    return dict(
        _step_function(unit, class_, at)
        for class_, process in enumerate(unit.program.processes)
        for at in sorted({e.source for e in process.edges})
    )


def _step_function(unit: Numbering, class_: int, at: int) -> tuple[str, str]:
    process, name = unit.program.processes[class_], f"step_{class_}_{at}"
    me = number(0) if process.count == 1 else C("me", 0, process.count - 1)
    scope = Scope.of(unit.program, unit.packing, me)
    edges = ((unit.first_edge[class_] + k, e) for k, e in enumerate(process.edges) if e.source == at)
    lines = (line for edge in edges for line in _edge(unit, scope, unit.packing.locations[class_], *edge))
    return name, "\n".join((f"STEP({name}) {{ SNAPSHOT;", *lines, "return o; }"))


def _table(class_: int, process: Process) -> str:
    """The step functions of a class by location."""
    sources = {e.source for e in process.edges}
    names = (f"step_{class_}_{at}" if at in sources else "step_none" for at in range(len(process.locations)))
    return f"static Step *const steps_{class_}[] = {{{', '.join(names)}}};"


def _edge(unit: Numbering, scope: Scope, location: Field, number_: int, edge: Edge) -> Iterator[str]:
    guard = compile_expr(edge.guard, scope)
    yield f"/* {number_} */"
    yield from _edge_checks(unit, scope, number_, edge)
    if guard.known and not guard.lo:
        yield ";"
        return
    speculate = not guard.known and len(edge.updates) <= SPECULATE
    yield "{" if guard.known or speculate else f"if ({guard.text}) {{"
    if speculate:
        yield f"const u64 kept = (u64){guard.text};"
    yield from _new_state(unit.packing.words, _stores(unit, scope, location, edge))
    yield f"o[WORDS] = from + {number_};"
    yield "o += kept ? WORDS + 1 : 0; }" if speculate else "o += WORDS + 1; }"


def _edge_checks(unit: Numbering, scope: Scope, number_: int, edge: Edge) -> Iterator[str]:
    """Reports the first check that fails; what follows is done ``else``. One call for all of them is compact."""
    failing = list(_failing(scope, edge.checks))
    if not failing:
        return
    chosen = "".join(f"unlikely({condition}) ? {k} : " for k, (condition, _) in enumerate(failing))
    faults = ", ".join(str(unit.fault_number[edge.checks[position].property]) for _, position in failing)
    positions = ", ".join(str(position) for _, position in failing)
    yield f"static const unsigned short fault_{number_}[] = {{{faults}}}, position_{number_}[] = {{{positions}}};"
    yield f"const int bad_{number_} = {chosen}-1; if (unlikely(bad_{number_} >= 0))"
    at = f"[bad_{number_}]"
    yield f"report(faults, fault_{number_}{at}, from + {number_}, position_{number_}{at}); else"


@dataclass(frozen=True, slots=True)
class _Store:
    """Bits of a word of the new state, from ``shift`` on: to be set to ``bits``, or, without a mask, to be flipped."""

    word: str
    shift: str
    mask: int
    bits: str

    def text(self, word: str) -> str:
        if not self.mask:
            return f"{word} ^= {self.bits} << {self.shift};"
        if self.shift.isdigit():
            kept = ~(self.mask << int(self.shift)) % 2**64
            return f"{word} = ({word} & {kept}ULL) | {self.bits} << {self.shift};"
        return f"put(&{word}, {self.shift}, {self.mask}ULL, {self.bits});"


def _stores(unit: Numbering, scope: Scope, location: Field, edge: Edge) -> list[_Store]:
    """What an edge does to the state, in order. The old location is known, so one exclusive or makes it the new one."""
    result: list[_Store] = []
    if edge.source != edge.target and scope.me is not None:
        result.append(_Store(*place(location, scope.me), 0, f"{edge.source ^ edge.target}ULL"))
    for update in edge.updates:
        field = unit.packing.variables[update.var]
        if field.width and field.count:
            value = compile_expr(update.value, scope)
            target = place(field, cell_index(update.index, update.var, scope))
            result.append(_Store(*target, field.mask, _stored_bits(field, value)))
    return result


def _stored_bits(field: Field, value: C) -> str:
    if value.known:
        return f"{value.lo - field.lo & field.mask}ULL"
    offset = f"(u64)({value.text} - {field.lo})" if field.lo else f"(u64){value.text}"
    inside = field.lo <= value.lo and value.hi <= field.hi
    return offset if inside else f"({offset} & {field.mask}ULL)"


def _new_state(words: int, stores: list[_Store]) -> Iterator[str]:
    """Writes the successor to ``o``; if its words are known, it is built in locals, which compilers like better."""
    if not all(store.word.isdigit() for store in stores):
        yield "for (int w = 0; w < WORDS; w++) o[w] = s[w];"
        yield from (store.text(f"o[{store.word}]") for store in stores)
        return
    changed = {store.word for store in stores}
    yield from (f"u64 n{word} = w{word};" for word in sorted(changed))
    yield from (store.text(f"n{store.word}") for store in stores)
    yield " ".join(f"o[{k}] = {'n' if str(k) in changed else 'w'}{k};" for k in range(words))


def _failing(scope: Scope, checks: tuple[Check, ...]) -> Iterator[tuple[str, int]]:
    """(condition under which the check fails, position) of every check that can fail."""
    for position, check in enumerate(checks):
        when, ok = compile_expr(check.when, scope), compile_expr(check.ok, scope)
        never = (when.known and not when.lo) or (ok.known and ok.lo)
        if not never:
            yield f"!{ok.text}" if when.known else f"({when.text} && !{ok.text})", position


def _successors(unit: Numbering) -> Iterator[str]:
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


def _turn(unit: Numbering, class_: int, condition: str) -> Iterator[str]:
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


def _urgency(unit: Numbering, class_: int, process: Process) -> str:
    """The function that says whether an instance has priority; empty if none of the class ever has."""
    scope = Scope.of(unit.program, unit.packing, number(0) if process.count == 1 else C("me", 0, process.count - 1))
    stated = {at: place.urgent for at, place in enumerate(process.locations) if place.urgent is not None}
    compiled = {at: compile_expr(urgent, scope) for at, urgent in stated.items()}
    cases = [f"case {at}: return {c.text} != 0;" for at, c in compiled.items() if c != number(0)]
    if not cases:
        return ""
    head = f"static int urgent_{class_}(const u64 *restrict s, i64 me, u64 at) {{ SNAPSHOT; (void)me; switch (at) {{"
    return "\n".join((head, *cases, "default: return 0; } }"))


# States


def _invariants(unit: Numbering) -> Iterator[str]:
    """``examine`` reports every invariant that a state breaks. Position -1 is its expression, else a guarding check."""
    scope = Scope.of(unit.program, unit.packing, None)
    yield from _stands(unit, "all_settled", _settled)
    yield "static void examine(const u64 *restrict s, u64 from, Faults *faults) {"
    yield "SNAPSHOT; (void)from; (void)faults;"
    for kind in ("invariant", "balance"):
        if kind == "balance" and any(i.kind == kind for i in unit.program.invariants):
            yield "if (!all_settled(s)) return;"
            yield "faults->settled = 1;"
        for invariant in unit.program.invariants:
            if invariant.kind == kind:
                yield from _invariant(scope, unit.fault_number[invariant.name], invariant)
    yield "}"


def _invariant(scope: Scope, property_: int, invariant: Invariant) -> Iterator[str]:
    for failing, position in _failing(scope, invariant.checks):
        yield f"if (unlikely({failing})) report(faults, {property_}, from, {position}); else"
    yield f"if (unlikely(!{compile_expr(invariant.expr, scope).text})) report(faults, {property_}, from, -1);"


def _stands(unit: Numbering, name: str, grade: Callable[[Location], int]) -> Iterator[str]:
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


# What liveness asks


def _can_step(unit: Numbering) -> Iterator[str]:
    """``can_step``: whether an instance of the program has a step or a violating one, before urgency."""
    yield "static int can_step(const u64 *restrict s, u32 instance) { (void)s; (void)instance;"
    for class_, process in enumerate(unit.program.processes):
        first = unit.first_instance[class_]
        yield f"if (instance >= {first} && instance < {first + process.count}) {{ const i64 me = instance - {first};"
        yield f"(void)me; return able(steps_{class_}[{_location(unit.packing.locations[class_])}], s, me); }}"
    yield "return 0; }"


def _temporal(unit: Numbering) -> Iterator[str]:
    """``temporal``: bit 2k is the premise of temporal property k in a state, bit 2k + 1 its conclusion."""
    scope = Scope.of(unit.program, unit.packing, None)
    yield "static u64 temporal(const u64 *restrict s) { SNAPSHOT; return 0"
    for k, stated in enumerate(unit.program.temporal):
        yield f"| (u64)({compile_expr(stated.premise, scope).text} != 0) << {2 * k}"
        yield f"| (u64)({compile_expr(stated.conclusion, scope).text} != 0) << {2 * k + 1}"
    yield "; }"
