# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""TLA+, for TLC: one action for each edge, with the instance as parameter; sets are sets, truth values BOOLEAN.

Of the exported languages only this one states all that svmcheck assumes: weak fairness of every process outside its
resting points, and strong fairness of each (instance, key) of lock hand-overs and choices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.ir.expr import Const
from ...model.ir.layout import Layout, cells, strides
from ...model.ir.program import Edge, Process, Program, Update, Variable
from ...model.ir.properties import DEADLOCK, SYSTEM_PROGRESS
from .claims import Claims
from .expr_tla import MASKS, RESERVED, Tla
from .instance import may_fail
from .names import Names, comment_text
from .renderer import Env

ME = Env("me")
NOBODY = Env()


def tla(program: Program, claims: Claims, module: str = "Model") -> str:
    """The module. ``module``: its name, which TLC wants to be that of the file."""
    return "\n".join(_Writer(program, claims).lines(module)) + "\n"


def tla_config(program: Program, claims: Claims) -> str:
    """What TLC is told beside the module: the file of the same name that ends in .cfg."""
    writer = _Writer(program, claims)
    lines = ["SPECIFICATION Spec", "CHECK_DEADLOCK FALSE"]
    lines += [f"INVARIANT {name}" for name, _ in writer.invariants()]
    lines += [f"PROPERTY {name}" for name, _ in writer.temporal()]
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self, program: Program, claims: Claims) -> None:
        self._program = program
        self._claims = claims
        names = Names(RESERVED)
        self._render = Tla(program, names)
        self._at = {p.name: names.take(f"at_{p.name}") for p in program.processes}
        edges = [(p.name, n) for p in program.processes for n in range(len(p.edges))]
        self._action = {(name, n): names.take(f"{name}_{n}") for name, n in edges}
        self._able = {p.name: names.take(f"able_{p.name}") for p in program.processes}
        self._step = {p.name: names.take(f"step_{p.name}") for p in program.processes}
        self._names = names
        self._claimed: dict[str, str] = {}
        self._urgent = any(place.urgent is not None for p in program.processes for place in p.locations)
        # To TLA+ a step that changes nothing is no step, so that under fairness such a step has to show.
        still = any(edge.source == edge.target for p in program.processes for edge in p.edges)
        self._beats = still and not claims.is_safety
        self._variables = [*self._at.values(), *self._render.names.values(), *(["beat"] if self._beats else [])]
        self._offset = {n: at - len(Layout(program).instances) for n, at in Layout(program).offset.items()}

    # ---- the module

    def lines(self, module: str) -> Iterator[str]:
        title = f" MODULE {module} "
        yield title.center(max(80, len(title) + 8), "-")
        settings = ", ".join(f"{name}={value}" for name, value in (*self._program.options, *self._program.sizes))
        yield f"\\* {comment_text(self._program.name)}" + (f" ({comment_text(settings)})" if settings else "")
        yield "\\* A deadlock is a violation of an invariant here: run TLC with CHECK_DEADLOCK FALSE."
        if self._beats:
            yield "\\* beat makes steps visible that change nothing; it doubles the states."
        yield from ("EXTENDS Integers, FiniteSets", "", f"VARIABLES {', '.join(self._variables)}", "")
        yield from (f"vars == <<{', '.join(self._variables)}>>", "", MASKS, "")
        yield from self._init()
        yield from self._abilities()
        for process in self._program.processes:
            for number, edge in enumerate(process.edges):
                yield from ("", *self._edge(process, number, edge))
        yield ""
        for process in self._program.processes:
            actions = [f"{self._action[process.name, n]}(me)" for n in range(len(process.edges))]
            yield f"{self._step[process.name]}(me) == {self._any(actions)}"
        steps = [f"(\\E me \\in {_range(p)} : {self._step[p.name]}(me))" for p in self._program.processes]
        yield from ("", f"Next == {self._any(steps)}", "")
        yield from self._specification()
        for name, text in (*self.invariants(), *self.temporal()):
            yield from ("", f"{name} == {text}")
        yield "=" * 80

    def _any(self, texts: Sequence[str]) -> str:
        return self._render.any_of(texts)

    def _init(self) -> Iterator[str]:
        yield "Init =="
        for process in self._program.processes:
            yield f"    /\\ {self._at[process.name]} = [me \\in {_range(process)} |-> {process.entry}]"
        if self._beats:
            yield "    /\\ beat = FALSE"
        several = len(self._program.initial) > 1
        for number in range(len(self._program.initial)):
            values = [self._initial(variable, number) for variable in self._program.variables]
            if several:
                yield ("    /\\ \\/ " if number == 0 else "       \\/ ") + self._render.all_of(values)
            else:
                yield from (f"    /\\ {value}" for value in values)

    def _initial(self, variable: Variable, number: int) -> str:
        name, start = self._render.names[variable.name], self._offset[variable.name]
        values = self._program.initial[number][start : start + cells(variable)]
        texts = [self._render.constant(value, variable) for value in values]
        if not variable.dims:
            return f"{name} = {texts[0]}"
        counters = [f"i{k}" for k in range(len(variable.dims))]
        domain = ", ".join(f"{c} \\in 0..{d.size - 1}" for c, d in zip(counters, variable.dims, strict=True))
        place = " + ".join(f"{c} * {s}" for c, s in zip(counters, strides(variable), strict=True))
        value = texts[0] if len(set(texts)) == 1 else f"<<{', '.join(texts)}>>[{place} + 1]"
        return f"{name} = [{domain} |-> {value}]"

    # ---- where processes stand

    def _abilities(self) -> Iterator[str]:
        """Who is able to move, and whether somebody with priority is."""
        yield ""
        for process in self._program.processes:
            options = [self._standing(process, edge.source, self._enabled(edge)) for edge in process.edges]
            yield f"{self._able[process.name]}(me) == {self._any(options)}"
        if not self._urgent:
            return
        held: list[str] = []
        for process in self._program.processes:
            options = [
                self._standing(process, number, self._render.truth(place.urgent, ME))
                for number, place in enumerate(process.locations)
                if place.urgent is not None
            ]
            if options:
                able = f"{self._able[process.name]}(me)"
                held.append(f"(\\E me \\in {_range(process)} : {self._any(options)} /\\ {able})")
        yield f"Held == {self._any(held)}"

    def _standing(self, process: Process, location: int, further: str = "TRUE") -> str:
        here = f"{self._at[process.name]}[me] = {location}"
        return f"({here})" if further == "TRUE" else f"({here} /\\ {further})"

    def _enabled(self, edge: Edge) -> str:
        guard = self._render.truth(edge.guard, ME)
        checks = [check for check in edge.checks if may_fail(check)]
        return guard if not checks or guard == "TRUE" else f"({self._render.failures(checks, ME)} \\/ {guard})"

    def _turn(self, process: Process, edge: Edge) -> str:
        urgent = process.locations[edge.source].urgent
        if not self._urgent or (isinstance(urgent, Const) and urgent.value):
            return "TRUE"
        return "~Held" if urgent is None else f"({self._render.truth(urgent, ME)} \\/ ~Held)"

    # ---- actions

    def _edge(self, process: Process, number: int, edge: Edge) -> Iterator[str]:
        checks = [check for check in edge.checks if may_fail(check)]
        passed = self._render.negated(self._render.failures(checks, ME)) if checks else "TRUE"
        conditions = [self._turn(process, edge), passed, self._render.truth(edge.guard, ME)]
        yield f"{self._action[process.name, number]}(me) ==  \\* {comment_text(edge.label)}"
        yield f"    /\\ {self._at[process.name]}[me] = {edge.source}"
        yield from (f"    /\\ {condition}" for condition in conditions if condition != "TRUE")
        changed: dict[str, list[Update]] = {}
        for update in edge.updates:
            changed.setdefault(update.var, []).append(update)
        written = {self._render.names[var] for var in changed}
        if edge.target != edge.source:
            at = self._at[process.name]
            written.add(at)
            yield f"    /\\ {at}' = [{at} EXCEPT ![me] = {edge.target}]"
        for var, updates in changed.items():
            yield f"    /\\ {self._update(self._render.variables[var], updates)}"
        if self._beats:
            written.add("beat")
            yield "    /\\ beat' = ~beat"
        kept = [name for name in self._variables if name not in written]
        if kept:
            yield f"    /\\ UNCHANGED <<{', '.join(kept)}>>"

    def _update(self, variable: Variable, updates: Sequence[Update]) -> str:
        """Of several stores to one cell EXCEPT keeps the last, as the IR does."""
        name = self._render.names[variable.name]
        values = [self._render.stored(variable, update.value, ME) for update in updates]
        if not variable.dims:
            return f"{name}' = {values[-1]}"
        places = [", ".join(self._render.number(i, ME) for i in update.index) for update in updates]
        return f"{name}' = [{name} EXCEPT {', '.join(f'![{p}] = {v}' for p, v in zip(places, values, strict=True))}]"

    # ---- fairness

    def _specification(self) -> Iterator[str]:
        yield "Spec =="
        yield "    /\\ Init"
        yield "    /\\ [][Next]_vars"
        if self._claims.is_safety:
            return
        for process in self._program.processes:
            moves = [n for n, edge in enumerate(process.edges) if not process.locations[edge.source].rests]
            if moves:
                yield f"    /\\ \\A me \\in {_range(process)} : WF_vars({self._actions(process, moves)})"
            for key in dict.fromkeys(edge.fairness.key for edge in process.edges if edge.fairness is not None):
                keyed = [n for n, edge in enumerate(process.edges) if edge.fairness and edge.fairness.key == key]
                offered = [n for n in keyed if n in moves]
                if offered == keyed:
                    yield f"    /\\ \\A me \\in {_range(process)} : SF_vars({self._actions(process, keyed)})"
                elif offered:
                    premise = f"[]<>(ENABLED <<{self._actions(process, offered)}>>_vars)"
                    taken = f"[]<><<{self._actions(process, keyed)}>>_vars"
                    yield f"    /\\ \\A me \\in {_range(process)} : ({premise} => {taken})"

    def _actions(self, process: Process, numbers: Sequence[int]) -> str:
        return self._any([f"{self._action[process.name, n]}(me)" for n in numbers])

    # ---- what is claimed

    def _name(self, claim: str) -> str:
        if claim not in self._claimed:
            self._claimed[claim] = self._names.take(claim)
        return self._claimed[claim]

    def invariants(self) -> Iterator[tuple[str, str]]:
        """Name and text of every state predicate. A violating step shows in the state in which it could be taken."""
        for name in sorted(self._claims.checks):
            texts = [text for process in self._program.processes for text in self._violations(process, name)]
            yield self._name(name), self._render.all_of([f"~{text}" for text in texts])
        for invariant in self._claims.invariants:
            checks = [check for check in invariant.checks if may_fail(check)]
            held = [self._render.negated(self._render.failure(check, NOBODY)) for check in checks]
            text = self._render.all_of([*held, self._render.truth(invariant.expr, NOBODY)])
            if invariant.kind == "balance":
                settled = self._render.all_of([self._settled(process) for process in self._program.processes])
                text = f"({settled} => {text})"
            yield self._name(invariant.name), text
        if self._claims.deadlock:
            staying = [self._staying(process) for process in self._program.processes]
            able = [f"(\\E me \\in {_range(p)} : {self._able[p.name]}(me))" for p in self._program.processes]
            yield self._name(DEADLOCK), f"({self._render.all_of(staying)} \\/ {self._any(able)})"

    def _violations(self, process: Process, name: str) -> Iterator[str]:
        for edge in process.edges:
            checks = [check for check in edge.checks if may_fail(check)]
            for number, check in enumerate(checks):
                if check.property == name:
                    earlier = [self._render.negated(self._render.failure(c, ME)) for c in checks[:number]]
                    conditions = (self._turn(process, edge), *earlier, self._render.failure(check, ME))
                    path = self._render.all_of([condition for condition in conditions if condition != "TRUE"])
                    yield f"(\\E me \\in {_range(process)} : {self._standing(process, edge.source, path)})"

    def _settled(self, process: Process) -> str:
        texts: list[str] = []
        for number, place in enumerate(process.locations):
            if place.ends or place.rests:
                texts.append(self._standing(process, number))
            elif place.idle:
                texts.append(self._standing(process, number, f"~{self._able[process.name]}(me)"))
        return f"(\\A me \\in {_range(process)} : {self._any(texts)})"

    def _staying(self, process: Process) -> str:
        places = [n for n, place in enumerate(process.locations) if place.ends or place.rests or place.idle]
        return f"(\\A me \\in {_range(process)} : {self._any([self._standing(process, n) for n in places])})"

    def temporal(self) -> Iterator[tuple[str, str]]:
        """Name and text of every temporal formula."""
        for goal in self._claims.goals:
            yield self._name(goal), self._all([self._duty(p, goal, None) for p in self._program.processes])
        if self._claims.system:
            anybody = [
                f"(\\E other \\in {_range(p)} : {self._actions(p, n).replace('(me)', '(other)')})"
                for p in self._program.processes
                if (n := [k for k, edge in enumerate(p.edges) if edge.completes])
            ]
            done = f"[]<><<{self._any(anybody)}>>_vars"
            duties = [self._duty(p, goal, done) for goal in self._program.goals for p in self._program.processes]
            yield self._name(SYSTEM_PROGRESS), self._all(duties)
        for stated in self._claims.temporal:
            premise = self._render.truth(stated.premise, NOBODY)
            conclusion = self._render.truth(stated.conclusion, NOBODY)
            text = f"({premise} ~> {conclusion})" if stated.kind == "leads-to" else f"[]<>{conclusion}"
            yield self._name(stated.name), text

    def _all(self, texts: Sequence[str]) -> str:
        return self._render.all_of([text for text in texts if text])

    def _duty(self, process: Process, goal: str, done: str | None) -> str:
        """Whoever is pending from some point on completes again and again (or, given ``done``, somebody does)."""
        pending = [n for n, place in enumerate(process.locations) if goal in place.pending]
        if not pending:
            return ""
        owed = self._any([self._standing(process, n) for n in pending])
        paying = [n for n, edge in enumerate(process.edges) if goal in edge.completes]
        paid = done or (f"[]<><<{self._actions(process, paying)}>>_vars" if paying else "FALSE")
        return f"(\\A me \\in {_range(process)} : (<>[]{owed} => {paid}))"


def _range(process: Process) -> str:
    return f"0..{process.count - 1}"
