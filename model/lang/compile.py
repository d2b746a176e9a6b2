# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From a loaded protocol file to a Program: one world, one choice of options, one choice of sizes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..ir.build import loads
from ..ir.expr import Const, Expr, Load
from ..ir.program import Dim, Edge, Location, Process, Program, Update, Variable
from ..ir.types import BOOL, PidType, Type
from . import specification
from .declare import Record, Size
from .decorators import Actors
from .diagnostics import Diagnostic, ProtocolError
from .first_state import run
from .fuse import Automaton, FuseError, fuse
from .graph import Store
from .load import Protocol, WorldInfo
from .locals import default, live_locals, settle, unset_reads
from .lower import inline, statements
from .lower.locks import holds_no_lock
from .lower.state import Actor, Cleanup, Facts, Lowerer, LowerError, Scope, suggest
from .slots import on_slot
from .source import refuse, whole_file
from .storage import HeapInfo, Storage, StorageError, heaps_of, lay_out, members
from .symmetry import is_symmetric
from .values import ActorsValue, Alias, Function, Meaning

MOST_PASSES = 12  # type inference of locals: each pass widens; honest programs settle in two or three


@dataclass(frozen=True)
class Compiled:
    """A program and what the compiler wants told about it (warnings and hints)."""

    program: Program
    warnings: tuple[Diagnostic, ...]


def compile_program(protocol: Protocol, world: str | None = None, options: Mapping[str, str] | None = None,
                    sizes: Mapping[str, int] | None = None) -> Program:  # fmt: skip
    """Raises ProtocolError with every diagnostic found (at most 20)."""
    return compile_checked(protocol, world, options, sizes).program


def compile_checked(protocol: Protocol, world: str | None = None, options: Mapping[str, str] | None = None,
                    sizes: Mapping[str, int] | None = None) -> Compiled:  # fmt: skip
    info = choose_world(protocol, world)
    job = _Job(protocol, info, _choose_options(protocol, info, options or {}), _choose_sizes(protocol, info, sizes or {}))
    return job.compile()


# ---- settings


def choose_world(protocol: Protocol, world: str | None) -> WorldInfo:
    where = whole_file(protocol.path)
    if world is not None:
        if world not in protocol.worlds:
            raise refuse("SVM105", f"no world '{world}'{suggest(world, protocol.worlds)}", where,
                         f"this file declares {', '.join(protocol.worlds)}")
        return protocol.worlds[world]
    with_actors = [w for w in protocol.worlds.values() if w.actors]
    if len(with_actors) != 1:
        raise refuse("SVM105", f"{len(with_actors)} worlds with actors in this file", where,
                     f"name one: {protocol.path}:{(with_actors or list(protocol.worlds.values()))[0].name}" if with_actors
                     else "mark a function with @process")
    return with_actors[0]


def _choose_options(protocol: Protocol, info: WorldInfo, given: Mapping[str, str]) -> dict[str, object]:
    where = whole_file(protocol.path)
    for name, value in given.items():
        if name not in info.options:
            known = ", ".join(info.options) or "none"
            raise refuse("SVM106", f"no option '{name}'{suggest(name, info.options)}", where, f"the options are: {known}")
        if value not in info.options[name].choices:
            choices = ", ".join(info.options[name].choices)
            raise refuse("SVM106", f"option {name} has no value '{value}'{suggest(value, info.options[name].choices)}", where,
                         f"choose one of: {choices}")
    return {n: o.values[given.get(n, o.default)] for n, o in info.options.items()}


def _choose_sizes(protocol: Protocol, info: WorldInfo, given: Mapping[str, int]) -> dict[str, int]:
    where = whole_file(protocol.path)
    for name, value in given.items():
        if name not in info.sizes:
            known = ", ".join(info.sizes) or "none"
            raise refuse("SVM107", f"no size '{name}'{suggest(name, info.sizes)}", where, f"the sizes are: {known}")
        size = info.sizes[name]
        if not size.least <= value <= size.most:
            raise refuse("SVM107", f"size {name}={value} is outside {size.least}..{size.most}", where, "choose a size in the range")
    return {n: given.get(n, s.default) for n, s in info.sizes.items()}


# ---- the job


@dataclass
class _Job:
    protocol: Protocol
    info: WorldInfo
    options: dict[str, object]
    sizes: dict[str, int]

    def compile(self) -> Compiled:
        actors = self._actors()
        pids = PidType(tuple(self._instance_names(actors)))
        storage = self._storage(pids)
        facts, lowered, spec = self._lower(storage, actors)
        variables = dict(storage.variables)
        for actor, low in lowered.values():
            for name in self._locals_of(low, facts):
                kind = facts.types[name] or BOOL
                hidden = name in facts.hidden
                variables[name] = Variable(name, kind, (Dim(actor.count, actor.name),), default(kind), actor.name, hidden=hidden)
        try:
            automata = self._automata(lowered, facts, variables)
            cells = self._first_states(storage, actors, facts)
        except FuseError as error:
            raise ProtocolError((error.diagnostic,)) from error
        return self._assemble(storage, actors, facts, lowered, automata, variables, cells, spec)

    def _actors(self) -> list[tuple[Actors, Actor]]:
        result: list[tuple[Actors, Actor]] = []
        first = 1
        for actors in self.info.actors:
            count = actors.mark.count
            number = self.sizes[self._size_name(count, actors)] if isinstance(count, Size) else count
            if number > 0:
                result.append((actors, Actor(actors.__name__, number, first, actors.mark.on is not None)))
                first += number
        if not result:
            raise refuse("SVM108", f"no actor in {self.info.name}", whole_file(self.protocol.path),
                         "mark a function with @process and give it at least one instance")
        return result

    def _size_name(self, size: Size, actors: Actors) -> str:
        for name, value in members(self.info.cls):
            if value is size:
                return name
        raise refuse("SVM109", f"the count of '{actors.__name__}' is no Size of {self.info.name}", whole_file(self.protocol.path),
                     "write @process(World.size_name)")

    def _instance_names(self, actors: list[tuple[Actors, Actor]]) -> list[str]:
        return [a.name if a.count == 1 else f"{a.name}[{i}]" for _, a in actors for i in range(a.count)]

    def _storage(self, pids: PidType) -> Storage:
        users: dict[str, list[str]] = {}
        for actors in self.info.actors:
            if isinstance(actors.mark.count, Size):
                users.setdefault(self._size_name(actors.mark.count, actors), []).append(actors.__name__)
        spaces = {size: names[0] for size, names in users.items() if len(names) == 1}
        try:
            return lay_out(self.info.cls, self.sizes, spaces, pids)
        except StorageError as error:
            raise ProtocolError((Diagnostic("SVM110", f"{error.cls.__name__}.{error.name}: {error.problem}",
                                            self._field_frame(error), error.advice),)) from error  # fmt: skip

    def _field_frame(self, error: StorageError):  # type: ignore[no-untyped-def]
        for node in ast.walk(self.protocol.file.tree):
            if isinstance(node, ast.ClassDef) and node.name == error.cls.__name__:
                for part in node.body:
                    targets = part.targets if isinstance(part, ast.Assign) else []
                    if any(isinstance(t, ast.Name) and t.id == error.name for t in targets):
                        return self.protocol.file.frame(part)
        return whole_file(self.protocol.path)

    # ---- lowering, until the types of locals settle

    def _lower(self, storage: Storage, actors: list[tuple[Actors, Actor]]):  # type: ignore[no-untyped-def]
        facts = Facts()
        values = {a.name: ActorsValue(a.name, a.first, a.count) for _, a in actors}
        for number in range(MOST_PASSES):
            before = dict(facts.types)
            facts.changed = False
            facts.errors.clear()
            facts.warnings.clear()
            facts.checked.clear()
            lowered = {a.name: (a, self._lower_actor(storage, w, a, values, facts)) for w, a in actors}
            self._lower_initial(storage, values, facts)
            spec = specification.lower(self.info, storage, self.protocol.sources, values, self.options, facts)
            if not facts.changed and facts.types.keys() == before.keys():
                break
            if number == MOST_PASSES - 1:
                grown = [n for n, t in facts.types.items() if before.get(n) != t]
                self._unbounded(grown, lowered)
        if facts.errors:
            self._raise(facts, lowered)
        for actor, low in lowered.values():
            for problem in unset_reads(low.graph, {n for n in facts.types if n.startswith(f"{actor.name}.") and n not in facts.hidden}):
                facts.errors.setdefault((problem.code, problem.frame), problem)
        if facts.errors:
            self._raise(facts, lowered)
        return facts, lowered, spec

    def _raise(self, facts: Facts, lowered: object) -> None:
        found = sorted(facts.errors.values(), key=lambda d: (d.frame.file, d.frame.line, d.frame.column))
        raise ProtocolError(tuple(found))

    def _unbounded(self, grown: list[str], lowered: Mapping[str, tuple[Actor, Lowerer]]) -> None:
        """A local whose range grew in every pass: name it and point at what grows it."""
        for name in grown:
            for _, low in lowered.values():
                for node in low.graph.nodes:
                    for edge in node.edges:
                        for op in edge.ops:
                            if isinstance(op, Store) and op.var == name and name in loads(op.value):
                                shown = name.rpartition(".")[2]
                                raise ProtocolError((Diagnostic(
                                    "SVM270", f"'{shown}' is an unbounded integer", edge.frames[-1],
                                    f"declare its range where it is first set: '{shown} = counter(0, 0, 7)'"),))  # fmt: skip
        raise refuse("SVM270", f"the range of {', '.join(grown)} does not settle", whole_file(self.protocol.path),
                     "declare locals that count with counter(init, lo, hi)")

    def _lower_actor(self, storage: Storage, actors: Actors, actor: Actor, values: dict[str, ActorsValue], facts: Facts) -> Lowerer:
        low = Lowerer(storage, self.protocol.sources, actor, values, self.options, facts)
        function = self._enter(low, actors)
        if function is None:
            return low
        after = low.node()
        low.cleanups.append(Cleanup("function", on_return=after))
        statements.block(low, function.node.body)
        low.goto(after)
        low.cleanups.pop()
        low.cur = after
        low.frames = (low.frame(function.node.body[-1]),)
        low.label = "end"
        written = frozenset(o.var for n in low.graph.nodes for e in n.edges for o in e.ops if isinstance(o, Store))
        holds_no_lock(low, "no-lock-held-at-end", f"{actor.name} ends with {{}} held", written)
        low.emit(kind="local")
        low.graph.nodes[low.cur].frames = low.frames
        low.graph.nodes[low.cur].label = "end"
        return low

    def _enter(self, low: Lowerer, actors: Actors) -> Function | None:
        raw = actors.function
        found = self.protocol.sources.of(raw)  # type: ignore[arg-type]
        if found is None:
            raise refuse("SVM205", f"the source of '{actors.__name__}' cannot be found", whole_file(self.protocol.path),
                         "do not change the file while it is compiled")
        function = Function(raw, found[0], found[1], None, "process")  # type: ignore[arg-type]
        scope = Scope(function, f"{low.actor.name}", inline.assigned_names(function.node))
        low.scopes.append(scope)
        try:
            scope.names |= self._parameters(low, function)
            inline.inspect(low, function)
        except LowerError as problem:
            low.record(problem)
            return None
        return function

    def _parameters(self, low: Lowerer, function: Function) -> dict[str, Meaning]:
        """The world and, if asked for, the options."""
        return specification.parameters(low, function, self.info, self.options)

    def _lower_initial(self, storage: Storage, values: dict[str, ActorsValue], facts: Facts) -> Lowerer:
        low = Lowerer(storage, self.protocol.sources, Actor("initial", 0, 0), values, self.options, facts)
        low.actor = Actor("initial", 0, 0)
        for raw, mark in self.info.functions:
            if mark.role == "initial":
                self._lower_setup(low, raw)
        return low

    def _lower_setup(self, low: Lowerer, raw: object) -> None:
        found = self.protocol.sources.of(raw)  # type: ignore[arg-type]
        if found is None:
            return
        function = Function(raw, found[0], found[1], None, "initial")  # type: ignore[arg-type]
        low.scopes.append(Scope(function, "initial", inline.assigned_names(function.node)))
        after = low.node()
        low.cleanups.append(Cleanup("function", on_return=after))
        try:
            low.scope.names |= self._parameters(low, function)
            inline.inspect(low, function)
            statements.block(low, function.node.body)
        except LowerError as problem:
            low.record(problem)
        low.goto(after)
        low.cleanups.pop()
        low.scopes.pop()
        low.cur = after

    # ---- automata

    def _locals_of(self, low: Lowerer, facts: Facts) -> list[str]:
        prefix = f"{low.actor.name}."
        at = f"{low.actor.name}@"
        return [n for n in facts.types if n.startswith((prefix, at)) and n not in low.storage.variables]

    def _automata(self, lowered: Mapping[str, tuple[Actor, Lowerer]], facts: Facts,
                  variables: Mapping[str, Variable]) -> dict[str, Automaton]:  # fmt: skip
        raw: dict[str, Automaton] = {}
        for name, (actor, low) in lowered.items():
            flags = {number: f"{name}.urgent-pass-{number}" for number in low.urgent_blocks.values()}
            raw[name] = fuse(low.graph, actor, variables, flags)
        everyone = {n for _, low in lowered.values() for n in self._locals_of(low, facts)}
        kept: set[str] = set()
        mine: dict[str, set[str]] = {}
        always: dict[str, set[str]] = {}
        for name, (actor, low) in lowered.items():
            mine[name] = set(self._locals_of(low, facts))
            always[name] = {f"{name}.urgent-pass-{n}" for n in low.urgent_blocks.values()}
            for live in live_locals(raw[name], mine[name], always[name], actor.me):
                kept |= live
        types: dict[str, Type] = {n: variables[n].type for n in everyone}
        result: dict[str, Automaton] = {}
        for name, (actor, _) in lowered.items():
            settled = settle(raw[name], mine[name], everyone, kept, types, always[name], actor.me)
            result[name] = self._with_slot(settled, lowered[name][1], name)
        return result

    def _with_slot(self, automaton: Automaton, low: Lowerer, name: str) -> Automaton:
        actors = next(a for a in self.info.actors if a.__name__ == name)
        slot = actors.mark.on
        if slot is None:
            return automaton
        path = self._slot_path(slot, name)
        from .lower.fields import parameters, process_id

        strong = parameters(slot).get("handover") == "strong"
        me = process_id(low, low.actor.first, low.actor.me)
        return on_slot(automaton, f"{path}.owner", me, low.storage.pids, actors.mark.preemptible, strong)

    def _slot_path(self, slot: Record, name: str) -> str:
        for attribute, value in members(self.info.cls):
            if value is slot:
                return attribute
        raise refuse("SVM111", f"the slot of '{name}' is no field of {self.info.name}", whole_file(self.protocol.path),
                     "write @process(on=World.cpu) with 'cpu = CpuSlot()' in the world")

    # ---- first states and assembly

    def _first_states(self, storage: Storage, actors: list[tuple[Actors, Actor]], facts: Facts):  # type: ignore[no-untyped-def]
        values = {a.name: ActorsValue(a.name, a.first, a.count) for _, a in actors}
        low = self._lower_initial(storage, values, facts)
        start: dict[tuple[str, tuple[int, ...]], int] = {}
        for variable in storage.variables.values():
            for index in _indices(variable):
                start[variable.name, index] = variable.initial
        return run(low.graph, start, storage.variables)

    def _assemble(self, storage: Storage, actors: list[tuple[Actors, Actor]], facts: Facts,
                  lowered: Mapping[str, tuple[Actor, Lowerer]], automata: Mapping[str, Automaton],
                  variables: Mapping[str, Variable], outcomes: list[Mapping[tuple[str, tuple[int, ...]], int]],
                  spec: specification.Specification) -> Compiled:  # fmt: skip
        edges = {n: specification.with_nevers(a.edges, self.info.nevers) for n, a in automata.items()}
        used = set(storage.variables) | {v for es in edges.values() for e in es for v in _touched(e)}
        monitors = specification.monitors(self.info.nevers)
        chosen = [*(v for n, v in variables.items() if n in used), *monitors]
        first = tuple(_cells(chosen, outcome, automata, lowered) for outcome in outcomes)
        processes: list[Process] = []
        for _, actor in actors:
            automaton = automata[actor.name]
            low = lowered[actor.name][1]
            symmetric = actor.count > 1 and is_symmetric(actor, chosen, first, facts.named)
            final = tuple(_with_sets(e) for e in edges[actor.name])
            frame = low.frame(low.scope.function.node)
            processes.append(Process(actor.name, actor.count, _named(automaton.locations), final, automaton.entry, symmetric, frame))
        heaps = heaps_of(storage, facts.named)
        goals = tuple(dict.fromkeys(g for _, low in lowered.values() for g in low.goals))
        marks = tuple(dict.fromkeys(m for _, low in lowered.values() for m in low.marks))
        texts = tuple((n, self._text(n)) for n in self.options)
        program = Program(_stem(self.protocol.path), texts, tuple(self.sizes.items()), tuple(chosen), heaps, tuple(processes),
                          spec.invariants, spec.temporal, goals, marks, first)  # fmt: skip
        return Compiled(program, tuple(facts.warnings.values()))

    def _text(self, name: str) -> str:
        from .load import option_text

        return option_text(self.options[name])


def _stem(path: str) -> str:
    from pathlib import PurePath

    return PurePath(path).stem


def _named(locations: tuple[Location, ...]) -> tuple[Location, ...]:
    return tuple(replace(loc, label=loc.label or f"L{i}") for i, loc in enumerate(locations))


def _indices(variable: Variable):  # type: ignore[no-untyped-def]
    from itertools import product

    return product(*(range(d.size) for d in variable.dims))


def _cells(chosen: list[Variable], outcome: Mapping[tuple[str, tuple[int, ...]], int], automata: Mapping[str, Automaton],
           lowered: Mapping[str, tuple[Actor, Lowerer]]) -> tuple[int, ...]:  # fmt: skip
    """The cells of one first state: what the set-up left, and the locals each actor has set before its first step."""
    start: dict[tuple[str, tuple[int, ...]], int] = {}
    for name, automaton in automata.items():
        actor = lowered[name][0]
        for update in automaton.start:
            for i in range(actor.count):
                start[update.var, (i,)] = _constant(update, i, actor)
    result: list[int] = []
    for variable in chosen:
        for index in _indices(variable):
            result.append(outcome.get((variable.name, index), start.get((variable.name, index), variable.initial)))
    return tuple(result)


def _constant(update: Update, instance: int, actor: Actor) -> int:
    from ..ir.build import rebuild
    from ..ir.expr import Me, integer

    value = rebuild(update.value, lambda e: integer(instance) if isinstance(e, Me) else None)
    if isinstance(value, Const):
        return value.value
    from .first_state import evaluate

    return evaluate(value, {}, {})


def _expressions(edge: Edge) -> list[Expr]:
    result: list[Expr] = [edge.guard]
    for check in edge.checks:
        result += [check.when, check.ok]
    for update in edge.updates:
        result += [update.value, *update.index]
    for event in edge.locks:
        result += event.index
    return result


def _touched(edge: Edge) -> set[str]:
    return {u.var for u in edge.updates} | {n for e in _expressions(edge) for n in loads(e)}


def _with_sets(edge: Edge) -> Edge:
    reads = frozenset(n for e in _expressions(edge) for n in loads(e))
    return replace(edge, reads=reads, writes=frozenset(u.var for u in edge.updates))


__all__ = ["Alias", "Compiled", "HeapInfo", "Load", "compile_checked", "compile_program"]
