# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""All actors, set-ups and properties lowered again and again until the types of the locals settle."""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType

from ..ir.build import loads
from . import specification
from .decorators import Actors
from .diagnostics import ProtocolError
from .graph import RawGraph, Store
from .locals import unset_reads
from .lower import inline, statements
from .lower.locks import holds_no_lock
from .lower.state import Actor, Cleanup, Facts, Lowerer, LowerError, Scope
from .settings import Setting
from .source import refuse
from .storage import Storage
from .values import ActorsValue, Function

MOST_PASSES = 12  # each pass widens the ranges of locals; honest programs settle in two or three


@dataclass(frozen=True)
class Lowered:
    """One actor with the finished state of its lowering."""

    actor: Actor
    actors: Actors
    low: Lowerer

    def locals(self) -> list[str]:
        """The names of its run-time locals, hidden ones included."""
        name, low = self.actor.name, self.low
        return [n for n in low.facts.types if n.startswith((f"{name}.", f"{name}@")) and n not in low.storage.variables]


@dataclass(frozen=True)
class Result:
    facts: Facts
    actors: dict[str, Lowered]
    initial: RawGraph
    specification: specification.Specification


def lower_all(setting: Setting, storage: Storage, cast: list[tuple[Actors, Actor]]) -> Result:
    """Raises ProtocolError with every error found in the functions of the protocol."""
    facts = Facts()
    values = {a.name: ActorsValue(a.name, a.first, a.count) for _, a in cast}
    lowering = _Lowering(setting, storage, values, facts)
    for _ in range(MOST_PASSES):
        before = dict(facts.types)
        facts.begin_pass()
        actors = {a.name: Lowered(a, w, lowering.actor(w, a)) for w, a in cast}
        initial = lowering.initial()
        spec = specification.lower(setting.info, storage, setting.protocol.sources, values, setting.options, facts)
        if not facts.changed and facts.types.keys() == before.keys():
            break
    else:
        raise _unbounded(setting, actors, [n for n, t in facts.types.items() if before.get(n) != t])
    _raise_errors(facts)
    for lowered in actors.values():
        visible = {n for n in facts.types if n.startswith(f"{lowered.actor.name}.") and n not in facts.hidden}
        for problem in unset_reads(lowered.low.graph, visible):
            facts.errors.setdefault((problem.code, problem.frame), problem)
    _raise_errors(facts)
    return Result(facts, actors, initial.graph, spec)


def _raise_errors(facts: Facts) -> None:
    if facts.errors:
        raise ProtocolError(tuple(facts.errors.values()))


def _unbounded(setting: Setting, actors: dict[str, Lowered], grown: list[str]) -> ProtocolError:
    """A local whose range grew in every pass: name it and point at what grows it."""
    for lowered in actors.values():
        for node in lowered.low.graph.nodes:
            for edge in node.edges:
                for op in edge.ops:
                    if isinstance(op, Store) and op.var in grown and op.var in loads(op.value):
                        shown = op.var.rpartition(".")[2]
                        advice = f"declare its range where it is first set: '{shown} = counter(0, 0, 7)'"
                        return refuse("SVM270", f"'{shown}' is an unbounded integer", edge.frames[-1], advice)
    what = f"the range of {', '.join(n.rpartition('.')[2] for n in grown)} does not settle"
    return refuse("SVM270", what, setting.place, "declare locals that count with counter(init, lo, hi)")


@dataclass(frozen=True)
class _Lowering:
    setting: Setting
    storage: Storage
    values: dict[str, ActorsValue]
    facts: Facts

    def lowerer(self, actor: Actor) -> Lowerer:
        sources, options = self.setting.protocol.sources, self.setting.options
        return Lowerer(self.storage, sources, actor, self.values, options, self.facts)

    def actor(self, actors: Actors, actor: Actor) -> Lowerer:
        """One actor from its first statement to its end, where it must hold no lock."""
        low = self.lowerer(actor)
        function = self.function(actors.function, "process")
        if not self.body(low, function, actor.name):
            return low
        low.frames = (low.frame(function.node.body[-1]),)
        low.label = "end"
        written = frozenset(o.var for n in low.graph.nodes for e in n.edges for o in e.ops if isinstance(o, Store))
        holds_no_lock(low, "no-lock-held-at-end", f"{actor.name} ends with {{}} held", written)
        low.emit(kind="local")
        low.graph.nodes[low.cur].frames = low.frames
        low.graph.nodes[low.cur].label = "end"
        return low

    def initial(self) -> Lowerer:
        """The set-up functions one after the other; they belong to no process."""
        low = self.lowerer(Actor("initial", 0, 0))
        for raw, mark in self.setting.info.functions:
            if mark.role == "initial":
                self.body(low, self.function(raw, "initial"), "initial")
                low.scopes.pop()
        return low

    def function(self, raw: FunctionType, role: str) -> Function:
        found = self.setting.protocol.sources.of(raw)
        if found is None:
            what = f"the source of '{raw.__name__}' cannot be found"
            raise refuse("SVM205", what, self.setting.place, "do not change the file while it is compiled")
        return Function(raw, found[0], found[1], None, role)

    def body(self, low: Lowerer, function: Function, prefix: str) -> bool:
        """Lower a function that nobody calls. Its scope stays open. False if nothing of it could be looked at."""
        low.scopes.append(Scope(function, prefix, inline.assigned_names(function.node)))
        try:
            low.scope.names |= specification.parameters(low, function, self.setting.info, self.setting.options)
            inline.inspect(low, function)
        except LowerError as problem:
            low.record(problem)
            return False
        after = low.node()
        low.cleanups.append(Cleanup("function", on_return=after))
        statements.block(low, function.node.body)
        low.goto(after)
        low.cleanups.pop()
        low.cur = after
        return True
