# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Promela, for SPIN 6.5: one proctype for each process instance, whose labels are the locations of its automaton.

A step is one ``d_step`` and the ``goto`` behind it, which SPIN makes one transition, so that SPIN stores the states the
program has. An array of locations is kept beside the variables only where somebody must know where another one stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...model.ir.expr import Const, Expr
from ...model.ir.layout import Layout, cells
from ...model.ir.program import Check, Edge, Location, Process, Program, Variable
from .claims import CannotExport, Claims
from .expr_promela import RESERVED, Promela, smallest_type
from .instance import check_of, edge_of, instantiated, may_fail
from .names import Names, comment_text
from .renderer import Env, refuse_wide_sets
from .stores import in_sequence

LARGEST_ARRAY = 1 << 15
NOBODY = Env()


def promela(program: Program, claims: Claims) -> str:
    """Raises CannotExport."""
    if claims.system:
        raise CannotExport("system-progress speaks of steps, and a never claim of states", "export it to tla")
    refuse_wide_sets(program, "SPIN")
    return "\n".join(_Writer(program, claims).lines()) + "\n"


@dataclass(frozen=True)
class _Instance:
    """One process instance; ``number`` in program order, ``edges`` with its index in place."""

    number: int
    process: Process
    index: int
    name: str
    edges: tuple[Edge, ...]

    def edges_from(self, source: int) -> list[Edge]:
        return [edge for edge in self.edges if edge.source == source]


class _Writer:
    def __init__(self, program: Program, claims: Claims) -> None:
        self._program = program
        self._claims = claims
        names = Names(RESERVED)
        layout = Layout(program)
        self._render = Promela(program, names)
        self._instances = tuple(
            _Instance(n, process, index, names.take(layout.names[n]), tuple(edge_of(e, index) for e in process.edges))
            for n, (process, index) in enumerate(layout.instances)
        )
        self._offset = {name: position - len(self._instances) for name, position in layout.offset.items()}
        places = [place for process in program.processes for place in process.locations]
        self._urgent = any(place.urgent is not None for place in places)
        self._placed = self._urgent or claims.has_balance or bool(claims.goals)  # somebody asks where another stands
        self._started = len(program.initial) > 1 or any(self._initializer(v) is None for v in program.variables)
        self._tired = {i.number for i in self._instances if any(self._completes_again(i, e) for e in i.edges)}

    def _completes_again(self, instance: _Instance, edge: Edge) -> bool:
        """Whether a goal is completed and pending again at once: a bit must tell this from never completing it."""
        after = instance.process.locations[edge.target].pending
        return any(goal in edge.completes and goal in after for goal in self._claims.goals)

    # ---- the file

    def lines(self) -> Iterator[str]:
        yield from self._header()
        yield ""
        yield from self._declarations()
        if self._urgent or self._claims.has_balance:
            yield from self._macros()
        for instance in self._instances:
            yield ""
            yield from self._proctype(instance)
        yield from self._monitor()
        if self._started:
            yield from self._init()
        yield from self._never_claim()

    def _header(self) -> Iterator[str]:
        program, claims = self._program, self._claims
        settings = ", ".join(f"{name}={value}" for name, value in (*program.options, *program.sizes))
        yield f"/* {comment_text(program.name)}" + (f" ({comment_text(settings)})" if settings else "")
        yield ""
        if claims.is_safety:
            ignored = "" if claims.deadlock else " -E"
            yield f"   spin -o2 -a FILE; cc -O2 -DSAFETY -DNOREDUCE pan.c -o pan; ./pan -m10000000{ignored}"
            yield "   stores exactly the states of the program; without -o2 and -DNOREDUCE SPIN may store fewer."
        else:
            fair = max(2, (len(self._instances) + 17) // 8)  # pan has room for 8 * NFAIR - 10 processes
            yield f"   spin -o2 -a FILE; cc -O2 -DNOREDUCE -DNFAIR={fair} pan.c -o pan; ./pan -a -f -m10000000"
            yield "   looks for an acceptance cycle that is weakly fair to every process. Unlike svmcheck it does not"
            yield "   assume that lock hand-overs and choices are strongly fair: an error may be one that svmcheck"
            yield "   rules out, while without errors the property holds under either. Who rests may take empty steps."
        if self._started:
            yield "   SPIN has one state more than the program, the one before a first state is set up."
        yield f"   {'A deadlock is an' if claims.deadlock else 'Not asked for here:'} invalid end state." + " */"

    def _declarations(self) -> Iterator[str]:
        for variable in self._program.variables:
            name, size = self._render.names[variable.name], cells(variable)
            if size > LARGEST_ARRAY:
                raise CannotExport(f"{variable.name} has {size} cells, too many for an array of SPIN")
            value = "" if self._started else self._initializer(variable)
            yield f"{smallest_type(variable.type, variable.name)} {name}{'' if size == 1 else f'[{size}]'}{value};"
        if self._placed:
            most = max(len(process.locations) for process in self._program.processes)
            entries = ", ".join(str(i.process.entry) for i in self._instances)
            yield f"{'byte' if most <= 256 else 'short'} at[{len(self._instances)}] = {{{entries}}};"
        yield from (f"bool completed_{number};" for number in sorted(self._tired))
        saved = max((self._saved(edge) for i in self._instances for edge in i.edges), default=0)
        if saved:
            yield "/* what a step reads before it writes; no part of the state */"
            yield from (f"hidden int saved_{k};" for k in range(saved))

    @staticmethod
    def _saved(edge: Edge) -> int:
        return sum(sum(store.early) for store in in_sequence(edge.updates))

    def _initial(self, variable: Variable, number: int) -> tuple[int, ...]:
        start = self._offset[variable.name]
        return self._program.initial[number][start : start + cells(variable)]

    def _initializer(self, variable: Variable) -> str | None:
        """Of the only first state; None if SPIN's grammar has no such initializer."""
        values = self._initial(variable, 0)
        if len(set(values)) == 1:
            return f" = {values[0]}" if values[0] else ""
        return None if min(values) < 0 else f" = {{{', '.join(map(str, values))}}}"

    # ---- where processes stand

    def _macros(self) -> Iterator[str]:
        """Who is able to move, who has priority, who is settled."""
        yield ""
        for instance in self._instances:
            yield f"#define ABLE_{instance.number} {self._able(instance)}"
        if self._urgent:
            urgent: list[str] = []
            for instance in self._instances:
                conditions = [(n, place.urgent) for n, place in enumerate(instance.process.locations) if place.urgent]
                if conditions:
                    texts = [self._standing(instance, n, self._truth(u, instance.index)) for n, u in conditions]
                    urgent.append(f"({self._render.any_of(texts)} && ABLE_{instance.number})")
            yield f"#define HELD {self._render.any_of(urgent)}"

    def _able(self, instance: _Instance) -> str:
        options = [self._standing(instance, edge.source, self._enabled(edge)) for edge in instance.edges]
        return self._render.any_of(options)

    @staticmethod
    def _standing(instance: _Instance, location: int, further: str) -> str:
        here = f"at[{instance.number}] == {location}"
        return f"({here})" if further == "true" else f"({here} && {further})"

    def _enabled(self, edge: Edge) -> str:
        guard = self._render.truth(edge.guard, NOBODY)
        if not edge.checks or guard == "true":
            return guard
        return f"({self._render.failures(edge.checks, NOBODY)} || {guard})"

    def _truth(self, expr: Expr, me: int | None = None) -> str:
        return self._render.truth(instantiated(expr, me), NOBODY)

    # ---- processes

    def _proctype(self, instance: _Instance) -> Iterator[str]:
        process = instance.process
        yield f"{'' if self._started else 'active '}proctype {instance.name}()"
        yield "{"
        for number in (process.entry, *(n for n in range(len(process.locations)) if n != process.entry)):
            yield from self._location(instance, number, process.locations[number])
        yield "}"

    def _location(self, instance: _Instance, number: int, place: Location) -> Iterator[str]:
        options = [line for edge in instance.edges_from(number) for line in self._edge(instance, place, edge)]
        if place.rests and not self._claims.is_safety:
            options.append(f":: d_step {{ true }} goto {_label(number, place)}  /* rests */")
        label = comment_text(place.label)
        yield f"{_label(number, place)}:" + (f"  /* {label} */" if label else "")
        if not options:
            yield "    false"
            return
        yield "    if"
        yield from (f"    {option}" for option in options)
        yield "    fi" + ("" if number == self._last(instance.process) else ";")

    @staticmethod
    def _last(process: Process) -> int:
        last = len(process.locations) - 1
        return last if last != process.entry or last == 0 else last - 1

    def _edge(self, instance: _Instance, place: Location, edge: Edge) -> Iterator[str]:
        """The options of one edge: its step, and the end of the run where one of its checks fails."""
        locations = instance.process.locations
        turn = self._turn(instance, place)
        failing = self._render.failures(edge.checks, NOBODY)
        guard = self._render.truth(edge.guard, NOBODY)
        passed = [f"!{failing}"] if edge.checks else []
        conditions = [c for c in (turn, *passed, guard) if c != "true"]
        body = "; ".join(self._stores(instance, edge)) or "skip"
        there = _label(edge.target, locations[edge.target])
        step = f"{' && '.join(conditions) or 'true'} -> {body}"
        yield f":: d_step {{ {step} }} goto {there}  /* {comment_text(edge.label)} */"
        if edge.checks:
            condition = failing if turn == "true" else f"{turn} && {failing}"
            here = _label(edge.source, place)
            yield f":: d_step {{ {condition} -> {self._violation(edge.checks)} }} goto {here}"

    def _turn(self, instance: _Instance, place: Location) -> str:
        if not self._urgent or (isinstance(place.urgent, Const) and place.urgent.value):
            return "true"
        return "!HELD" if place.urgent is None else f"({self._truth(place.urgent, instance.index)} || !HELD)"

    def _violation(self, checks: Sequence[Check]) -> str:
        """The first check that fails decides; the step changes nothing, so that no state follows."""
        first, *rest = checks
        told = f'printf("{comment_text(first.property)}: {comment_text(first.message)}\\n")'
        said = f"{told}; assert(false)" if first.property in self._claims.checks else "skip"
        if not rest:
            return said
        return f"if :: {self._render.failure(first, NOBODY)} -> {said} :: else -> {self._violation(rest)} fi"

    def _stores(self, instance: _Instance, edge: Edge) -> Iterator[str]:
        stores = in_sequence(edge.updates)
        texts = [[self._render.number(expr, NOBODY) for expr in store.expressions] for store in stores]
        count = 0
        for store, line in zip(stores, texts, strict=True):
            for position, early in enumerate(store.early):
                if early:
                    yield f"saved_{count} = {line[position]}"
                    line[position] = f"saved_{count}"
                    count += 1
        for store, (*index, value) in zip(stores, texts, strict=True):
            yield f"{self._render.cell(self._render.variables[store.update.var], index)} = {value}"
        if self._placed and edge.target != edge.source:
            yield f"at[{instance.number}] = {edge.target}"
        if instance.number in self._tired:
            yield f"completed_{instance.number} = {int(any(g in edge.completes for g in self._claims.goals))}"

    # ---- what is claimed

    def _monitor(self) -> Iterator[str]:
        """A process that can move only where an invariant fails, and changes nothing."""
        if not self._claims.invariants:
            return
        yield from ("", f"{'' if self._started else 'active '}proctype invariants()", "{", "end_invariants:", "    do")
        for invariant in self._claims.invariants:
            checks = [check for check in (check_of(c, None) for c in invariant.checks) if may_fail(check)]
            broken = self._render.negated(self._truth(invariant.expr))
            text = self._render.any_of([*(self._render.failure(c, NOBODY) for c in checks), broken])
            if invariant.kind == "balance":
                settled = [self._settled(instance) for instance in self._instances]
                text = f"({self._render.all_of(settled)} && {text})"
            told = f'printf("{comment_text(invariant.name)} does not hold\\n")'
            yield f"    :: d_step {{ {text} -> {told}; assert(false) }}"
        yield from ("    od", "}")

    def _settled(self, instance: _Instance) -> str:
        """Whether an instance has ended, rests, or is idle with nothing to do."""
        texts: list[str] = []
        for number, place in enumerate(instance.process.locations):
            if place.ends or place.rests:
                texts.append(self._standing(instance, number, "true"))
            elif place.idle:
                texts.append(self._standing(instance, number, f"!ABLE_{instance.number}"))
        return self._render.any_of(texts)

    def _init(self) -> Iterator[str]:
        yield from ("", "init", "{", "    atomic {", "        if")
        for number in range(len(self._program.initial)):
            yield f"        :: {'; '.join(self._assignments(number)) or 'true'}"
        yield "        fi;"
        names = [instance.name for instance in self._instances] + ["invariants"] * bool(self._claims.invariants)
        yield "        " + "; ".join(f"run {name}()" for name in names)
        yield from ("    }", "}")

    def _assignments(self, number: int) -> Iterator[str]:
        yield "true"
        for variable in self._program.variables:
            values = self._initial(variable, number)
            name = self._render.names[variable.name]
            for position, value in enumerate(values):
                if value:
                    yield f"{name}{'' if len(values) == 1 else f'[{position}]'} = {value}"

    def _never_claim(self) -> Iterator[str]:
        """What a run must do to break a liveness property: from some point on never what is owed."""
        debts: list[tuple[str, str]] = []  # (where a debt arises, where it stays)
        for goal in self._claims.goals:
            for instance in self._instances:
                pending = [n for n, place in enumerate(instance.process.locations) if goal in place.pending]
                if pending:
                    owed = self._render.any_of([self._standing(instance, n, "true") for n in pending])
                    text = f"({owed} && !completed_{instance.number})" if instance.number in self._tired else owed
                    debts.append((text, text))
        for stated in self._claims.temporal:
            unpaid = self._render.negated(self._truth(stated.conclusion))
            debts.append((f"({self._truth(stated.premise)} && {unpaid})", unpaid))
        if not debts:
            return
        yield from ("", "never", "{", "owing_nothing:", "    do", "    :: true")
        yield from (f"    :: {arises} -> goto accept_{n}" for n, (arises, _) in enumerate(debts))
        yield "    od;"
        for number, (_, stays) in enumerate(debts):
            yield from (f"accept_{number}:", "    do", f"    :: {stays}", "    od" + ";" * (number + 1 < len(debts)))
        yield "}"


def _label(number: int, place: Location) -> str:
    may_stay = place.ends or place.rests or place.idle
    return f"{'end_' if may_stay else ''}L{number}"
