# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Murphi, for Rumur: one rule for each edge, with a ruleset over the instances of its class.

CMurphi reads the same text as long as there are no sets, whose bit operators only Rumur has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from ...model.ir.expr import Const, Expr, Quant
from ...model.ir.layout import Layout, cells
from ...model.ir.program import Check, Edge, Location, Process, Program, Variable
from ...model.ir.types import BoolType, Type
from .claims import CannotExport, Claims
from .instance import may_fail
from .names import Names, comment_text
from .renderer import Env, Renderer, bound_names, refuse_wide_sets
from .stores import Store, in_sequence

RESERVED = (
    "alias array assert begin boolean by case clear const cover do else elsif end endalias endexists endfor "
    "endforall endfunction endif endprocedure endrecord endrule endruleset endstartstate endswitch endwhile enum "
    "error exists false flushrule for forall from function if in interleaved invariant isundefined ismember "
    "liveness multiset multisetadd multisetcount multisetremove multisetremovepred of procedure process program put "
    "record return rule ruleset scalarset startstate switch then to traceuntil true type undefine union var while "
    "assume bool able held me saved"
)
NOBODY = Env()


def murphi(program: Program, claims: Claims) -> str:
    """Raises CannotExport."""
    if not claims.is_safety:
        named = ", ".join([*claims.goals, *(t.name for t in claims.temporal), *(["system-progress"] * claims.system)])
        raise CannotExport(f"Murphi has no fairness, which {named} needs", "export it to tla, or a goal to promela")
    refuse_wide_sets(program, "Rumur")
    return "\n".join(_Writer(program, claims).lines()) + "\n"


class _Murphi(Renderer):
    yes, no, negation, conjunction, disjunction = "true", "false", "!", "&", "|"
    comparisons: ClassVar[Mapping[str, str]] = {"==": "=", **{op: op for op in ("!=", "<", "<=", ">", ">=")}}

    def choice(self, test: str, then: str, other: str) -> str:
        return f"({test} ? {then} : {other})"

    def cell(self, variable: Variable, index: Sequence[str]) -> str:
        return self.names[variable.name] + "".join(f"[{text}]" for text in index)

    def quantified(self, expr: Quant, env: Env) -> str:
        if not expr.count:
            return self.yes if expr.op == "all" else self.no
        name, inner = bound_names(expr, env, self.taken)
        word = "forall" if expr.op == "all" else "exists"
        return f"({word} {name}: {expr.first}..{expr.first + expr.count - 1} do {self.truth(expr.body, inner)} end)"


class _Writer:
    def __init__(self, program: Program, claims: Claims) -> None:
        self._program = program
        self._claims = claims
        names = Names(RESERVED)
        self._render = _Murphi(program, names)
        self._at = {process.name: names.take(f"at_{process.name}") for process in program.processes}
        self._able = {process.name: names.take(f"able_{process.name}") for process in program.processes}
        self._urgent = any(place.urgent is not None for process in program.processes for place in process.locations)
        self._offset = {n: at - len(Layout(program).instances) for n, at in Layout(program).offset.items()}

    def lines(self) -> Iterator[str]:
        yield from self._header()
        yield from ("", "var", *(f"  {line}" for line in self._declarations()))
        if self._urgent or self._claims.has_balance:
            yield from self._functions()
        for number in range(len(self._program.initial)):
            yield from self._startstate(number)
        for process in self._program.processes:
            yield from self._rules(process)
        if self._claims.deadlock:
            yield from self._resting_rule()
        yield from self._invariants()

    def _header(self) -> Iterator[str]:
        program = self._program
        settings = ", ".join(f"{name}={value}" for name, value in (*program.options, *program.sizes))
        yield f"-- {comment_text(program.name)}" + (f" ({comment_text(settings)})" if settings else "")
        yield "--"
        detection = "stuck" if self._claims.deadlock else "off"
        yield f"-- rumur --value-type int32_t --deadlock-detection {detection} -o model.c FILE"
        yield "-- cc -O3 -mcx16 model.c -lpthread -o model; ./model"
        yield "-- explores exactly the states of the program."
        if self._claims.deadlock:
            yield "-- Where every process may stay for ever, a rule that does nothing is enabled: that is no deadlock."

    def _declarations(self) -> Iterator[str]:
        for process in self._program.processes:
            yield f"{self._at[process.name]}: array [0..{process.count - 1}] of 0..{len(process.locations) - 1};"
        for variable in self._program.variables:
            dims = "".join(f"array [0..{dim.size - 1}] of " for dim in variable.dims)
            yield f"{self._render.names[variable.name]}: {dims}{_type(variable.type)};"

    def _startstate(self, number: int) -> Iterator[str]:
        yield from ("", f'startstate "{number}"', "begin")
        for process in self._program.processes:
            yield from (f"  {self._at[process.name]}[{i}] := {process.entry};" for i in range(process.count))
        for variable in self._program.variables:
            start = self._offset[variable.name]
            values = self._program.initial[number][start : start + cells(variable)]
            for position, value in enumerate(values):
                cell = self._render.cell(variable, _index(variable, position))
                yield f"  {cell} := {_constant(value, variable.type)};"
        yield "end;"

    # ---- where processes stand

    def _functions(self) -> Iterator[str]:
        """Who is able to move, and whether somebody with priority is."""
        for process in self._program.processes:
            env = self._env(process)
            options = [self._standing(process, env, e.source, self._enabled(e, env)) for e in process.edges]
            yield from ("", f"function {self._able[process.name]}(me: 0..{process.count - 1}): boolean;", "begin")
            yield from (f"  return {self._render.any_of(options)};", "end;")
        if self._urgent:
            held = [text for process in self._program.processes for text in self._urgent_texts(process)]
            yield from ("", "function held(): boolean;", "begin", f"  return {self._render.any_of(held)};", "end;")

    def _urgent_texts(self, process: Process) -> Iterator[str]:
        env = Env("me")
        options = [
            self._standing(process, env, number, self._render.truth(place.urgent, env))
            for number, place in enumerate(process.locations)
            if place.urgent is not None
        ]
        if options:
            able = f"{self._able[process.name]}(me)"
            yield f"(exists me: 0..{process.count - 1} do ({self._render.any_of(options)} & {able}) end)"

    def _env(self, process: Process) -> Env:
        return Env("me")

    def _standing(self, process: Process, env: Env, location: int, further: str) -> str:
        here = f"{self._at[process.name]}[{env.me}] = {location}"
        return f"({here})" if further == "true" else f"({here} & {further})"

    def _enabled(self, edge: Edge, env: Env) -> str:
        guard = self._render.truth(edge.guard, env)
        checks = _serious(edge.checks)
        if not checks or guard == "true":
            return guard
        return f"({self._render.failures(checks, env)} | {guard})"

    def _settled(self, process: Process) -> str:
        """Whether all instances of a class have ended, rest, or are idle with nothing to do."""
        env, texts = Env("me"), list[str]()
        for number, place in enumerate(process.locations):
            if place.ends or place.rests:
                texts.append(self._standing(process, env, number, "true"))
            elif place.idle:
                texts.append(self._standing(process, env, number, f"!{self._able[process.name]}(me)"))
        return f"(forall me: 0..{process.count - 1} do {self._render.any_of(texts)} end)"

    # ---- rules

    def _rules(self, process: Process) -> Iterator[str]:
        env = self._env(process)
        yield from ("", f"ruleset me: 0..{process.count - 1} do")
        for number, edge in enumerate(process.edges):
            yield from self._rule(process, number, edge, env)
        yield "end;"

    def _rule(self, process: Process, number: int, edge: Edge, env: Env) -> Iterator[str]:
        at = f"{self._at[process.name]}[{env.me}]"
        turn = self._turn(process.locations[edge.source], env)
        conditions = [f"{at} = {edge.source}", *(c for c in (turn, self._enabled(edge, env)) if c != "true")]
        yield f'  rule "{comment_text(process.name)} {number}: {comment_text(edge.label)}"'
        yield f"    {' & '.join(conditions)}"
        stores = in_sequence(edge.updates)
        saved, body = self._stores(stores, env)
        yield from ("  ==>", *(["  var", *(f"    {line}" for line in saved)] if saved else []), "  begin")
        checks = _serious(edge.checks)
        for position, check in enumerate(checks):
            told = f"{comment_text(check.property)}: {comment_text(check.message)}"
            yield f"    {'els' if position else ''}if {self._render.failure(check, env)} then"
            yield f'      error "{told}";' if check.property in self._claims.checks else "      -- ends the run"
        indent = "    "
        if checks:
            yield "    else"
            indent = "      "
        yield from (f"{indent}{line}" for line in body)
        if edge.target != edge.source:
            yield f"{indent}{at} := {edge.target};"
        if checks:
            yield "    end;"
        yield "  end;"

    def _turn(self, place: Location, env: Env) -> str:
        if not self._urgent or (isinstance(place.urgent, Const) and place.urgent.value):
            return "true"
        return "!held()" if place.urgent is None else f"({self._render.truth(place.urgent, env)} | !held())"

    def _stores(self, stores: Sequence[Store], env: Env) -> tuple[list[str], list[str]]:
        """Declarations of saved values, and the statements."""
        declared: list[str] = []
        before: list[str] = []
        after: list[str] = []
        for store in stores:
            variable = self._render.variables[store.update.var]
            kinds = [f"0..{dim.size - 1}" for dim in variable.dims] + [_type(variable.type)]
            texts = [self._render.number(i, env) for i in store.update.index]
            texts.append(self._stored(variable, store.update.value, env))
            for position, early in enumerate(store.early):
                if early:
                    name = f"saved_{len(declared)}"
                    declared.append(f"{name}: {kinds[position]};")
                    before.append(f"{name} := {texts[position]};")
                    texts[position] = name
            after.append(f"{self._render.cell(variable, texts[:-1])} := {texts[-1]};")
        return declared, before + after

    def _stored(self, variable: Variable, value: Expr, env: Env) -> str:
        return self._render.truth(value, env) if self._render.is_truth(variable) else self._render.number(value, env)

    def _resting_rule(self) -> Iterator[str]:
        texts: list[str] = []
        for process in self._program.processes:
            staying = [n for n, place in enumerate(process.locations) if place.ends or place.rests or place.idle]
            options = [self._standing(process, Env("me"), n, "true") for n in staying]
            texts.append(f"(forall me: 0..{process.count - 1} do {self._render.any_of(options)} end)")
        yield from ("", 'rule "everybody may stay"', f"  {self._render.all_of(texts)}", "==>", "begin", "end;")

    def _invariants(self) -> Iterator[str]:
        for invariant in self._claims.invariants:
            held = [self._render.negated(self._render.failure(check, NOBODY)) for check in _serious(invariant.checks)]
            text = self._render.all_of([*held, self._render.truth(invariant.expr, NOBODY)])
            if invariant.kind == "balance":
                settled = [self._settled(process) for process in self._program.processes]
                text = f"(!{self._render.all_of(settled)} | {text})"
            yield from ("", f'invariant "{comment_text(invariant.name)}"', f"  {text};")


def _serious(checks: Sequence[Check]) -> tuple[Check, ...]:
    return tuple(check for check in checks if may_fail(check))


def _index(variable: Variable, position: int) -> list[str]:
    result: list[str] = []
    for dim in reversed(variable.dims):
        position, index = divmod(position, dim.size)
        result.insert(0, str(index))
    return result


def _type(kind: Type) -> str:
    return "boolean" if isinstance(kind, BoolType) else f"{kind.lo}..{kind.hi}"


def _constant(value: int, kind: Type) -> str:
    if isinstance(kind, BoolType):
        return "true" if value else "false"
    return str(value) if value >= 0 else f"({value})"
