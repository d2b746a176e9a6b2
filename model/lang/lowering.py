# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""All actors, set-ups and properties lowered again and again until the types of the locals settle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import FunctionType

from ..ir.build import loads
from ..ir.program import Frame
from . import specification
from .decorators import Actors
from .diagnostics import Diagnostic, ProtocolError
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
    values = {a.name: ActorsValue(a.name, a.first, a.count) for _, a in cast}
    result, found = _settled(setting, _Lowering(setting, storage, values, Facts()), [c for c in cast if c[1].count])
    absent = [(w, replace(a, count=1)) for w, a in cast if not a.count]
    if absent:  # looked at as the branches are that options rule out: for what is wrong in them
        apart = _Lowering(setting, storage, values, Facts(), untaken=1)
        looked, more = _settled(setting, apart, absent)
        found |= more
        result.facts.checked |= looked.facts.checked
        result.facts.tested |= looked.facts.tested
    if found:
        raise ProtocolError(_without_echoes(list(found.values())))
    return result


Found = dict[tuple[str, Frame], Diagnostic]


def _settled(setting: Setting, lowering: _Lowering, cast: list[tuple[Actors, Actor]]) -> tuple[Result, Found]:
    """The last pass over these actors, and every error in it."""
    facts = lowering.facts
    for _ in range(MOST_PASSES):
        before = dict(facts.types)
        result = lowering.once(cast)
        if not facts.changed and facts.types.keys() == before.keys():
            return result, facts.errors or _unset(result)
    before = dict(facts.types)
    result = lowering.once(cast)
    return result, facts.errors | {(d.code, d.frame): d for d in _unbounded(setting, result, before)}


def _unset(result: Result) -> Found:
    facts = result.facts
    found: Found = {}
    for lowered in result.actors.values():
        visible = {n for n in facts.types if n.startswith(f"{lowered.actor.name}.") and n not in facts.hidden}
        found |= {(d.code, d.frame): d for d in unset_reads(lowered.low.graph, visible)}
    return found


def _without_echoes(found: list[Diagnostic]) -> list[Diagnostic]:
    """What is no part of the language is said once, and not again by whoever meets it when lowering."""
    refused = [d.frame for d in found if d.code == "SVM300"]
    return [d for d in found if d.code == "SVM300" or not any(_overlap(d.frame, frame) for frame in refused)]


def _overlap(left: Frame, right: Frame) -> bool:
    first, second = sorted((left, right), key=lambda f: (f.line, f.column))
    return first.file == second.file and (second.line, second.column) < (first.end_line, first.end_column)


def _unbounded(setting: Setting, result: Result, before: Mapping[str, object]) -> tuple[Diagnostic, ...]:
    """The locals whose ranges grow in every pass, each at the statement that grows it, if one alone does."""
    grown = {n for n, t in result.facts.types.items() if before.get(n) != t and n not in result.facts.hidden}
    edges = [e for a in result.actors.values() for n in a.low.graph.nodes for e in n.edges]
    stores = [(op, e.frames[-1]) for e in edges for op in e.ops if isinstance(op, Store) and op.var in grown]
    alone = [(op.var, place) for op, place in stores if op.var in loads(op.value)]
    found: dict[str, Diagnostic] = {}
    for name, place in alone or [(op.var, place) for op, place in stores]:
        shown = name.rpartition(".")[2]
        advice = f"declare its range where it is first set: '{shown} = counter(0, 0, 7)'"
        found.setdefault(name, Diagnostic("SVM270", f"'{shown}' is an unbounded integer", place, advice))
    advice = "declare locals that count with counter(init, lo, hi)"
    unknown = Diagnostic("SVM270", "the range of a local does not settle", setting.place, advice)
    return tuple(found.values()) or (unknown,)


@dataclass(frozen=True)
class _Lowering:
    setting: Setting
    storage: Storage
    values: dict[str, ActorsValue]
    facts: Facts
    untaken: int = 0

    def once(self, cast: list[tuple[Actors, Actor]]) -> Result:
        """One pass over everything, with what the pass before learnt about the locals."""
        setting, facts = self.setting, self.facts
        facts.begin_pass()
        actors = {a.name: Lowered(a, w, self.actor(w, a)) for w, a in cast}
        initial = self.initial()
        sources = setting.protocol.sources
        spec = specification.lower(setting.info, self.storage, sources, self.values, setting.options, facts)
        return Result(facts, actors, initial.graph, spec)

    def lowerer(self, actor: Actor) -> Lowerer:
        sources, options = self.setting.protocol.sources, self.setting.options
        low = Lowerer(self.storage, sources, actor, self.values, options, self.facts)
        low.untaken = self.untaken
        return low

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
