# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From the automata of the actors to a Program: the variables that are left, the first states, the properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import PurePath

from ..ir.build import loads, rebuild
from ..ir.expr import Const, Expr, Me, integer
from ..ir.program import Edge, Frame, Location, Process, Program, Update, Variable
from . import first_state
from .diagnostics import Diagnostic
from .first_state import Cells
from .fuse import Automaton
from .graph import Note
from .lowering import Lowered, Result
from .onestep import FuseError
from .settings import Setting
from .specification import monitors, with_nevers
from .storage import Storage, heaps_of
from .symmetry import is_symmetric


def assemble(
    setting: Setting,
    storage: Storage,
    result: Result,
    automata: Mapping[str, Automaton],
    variables: Mapping[str, Variable],
) -> Program:
    """``variables``: those of the world and every local of every actor; locals that nothing touches are dropped."""
    nevers = setting.info.nevers
    edges = {n: with_nevers(a.edges, nevers) for n, a in automata.items()}
    used = set(storage.variables) | {v for found in edges.values() for e in found for v in _touched(e)}
    chosen = [*(v for n, v in variables.items() if n in used), *monitors(nevers)]
    started = _started(automata, result.actors)
    first = tuple(_cells(chosen, outcome, started) for outcome in _first_states(storage, result))
    processes = tuple(
        _process(lowered, automata[name], edges[name], chosen, first) for name, lowered in result.actors.items()
    )
    lowerers = [lowered.low for lowered in result.actors.values()]
    return Program(
        name=PurePath(setting.protocol.path).stem,
        options=setting.option_texts,
        sizes=tuple(setting.sizes.items()),
        variables=tuple(chosen),
        heaps=heaps_of(storage, result.facts.named),
        processes=processes,
        invariants=result.specification.invariants,
        temporal=result.specification.temporal,
        goals=tuple(dict.fromkeys(g for low in lowerers for g in low.goals)),
        covers=tuple(dict.fromkeys(m for low in lowerers for m in low.marks)),
        initial=first,
    )


def _process(
    lowered: Lowered,
    automaton: Automaton,
    edges: tuple[Edge, ...],
    chosen: list[Variable],
    first: tuple[tuple[int, ...], ...],
) -> Process:
    actor, low = lowered.actor, lowered.low
    symmetric = actor.count > 1 and is_symmetric(actor, chosen, first, low.facts.named)
    frame = low.frame(low.scope.function.node)
    final = tuple(_with_sets(e) for e in edges)
    return Process(
        actor.name,
        actor.count,
        _labelled(automaton.locations),
        final,
        automaton.entry,
        symmetric,
        frame,
        automaton.start_locks,
    )


def _labelled(locations: tuple[Location, ...]) -> tuple[Location, ...]:
    return tuple(replace(loc, label=loc.label or f"L{i}") for i, loc in enumerate(locations))


# ---- first states


def _first_states(storage: Storage, result: Result) -> list[Cells]:
    start: dict[tuple[str, tuple[int, ...]], int] = {}
    for variable in storage.variables.values():
        for index in _indices(variable):
            start[variable.name, index] = variable.initial
    types = {n: t for n, t in result.facts.types.items() if t is not None and n not in storage.variables}
    types |= {v.name: v.type for v in storage.variables.values()}
    found = first_state.run(result.initial, start, types)
    if not found:
        what = "the first state is never finished: whatever @initial chooses, some wait() in it is false"
        advice = "nobody else moves before the first state is there: assign what is waited for instead"
        raise FuseError(Diagnostic("SVM404", what, _first_wait(result), advice))
    return found


def _first_wait(result: Result) -> Frame:
    """The statement of a set-up function at which it may end for want of a true condition."""
    edges = [e for n in result.initial.nodes for e in n.edges if e.frames]
    sleeps = (e for e in edges if any(isinstance(op, Note) and op.text in ("sleep", "spin") for op in e.ops))
    return next(sleeps, edges[0]).frames[-1]


def _started(automata: Mapping[str, Automaton], actors: Mapping[str, Lowered]) -> Cells:
    """The locals each actor has set before its first step."""
    start: dict[tuple[str, tuple[int, ...]], int] = {}
    for name, automaton in automata.items():
        actor = actors[name].actor
        for update in automaton.start:
            for i in range(actor.count):
                start[update.var, (i,)] = _constant(update, i)
    return start


def _cells(chosen: list[Variable], outcome: Cells, started: Cells) -> tuple[int, ...]:
    """The cells of one first state: what the set-up left, what the actors set, else the initial values."""
    keys = ((v, (v.name, index)) for v in chosen for index in _indices(v))
    return tuple(outcome.get(key, started.get(key, v.initial)) for v, key in keys)


def _constant(update: Update, instance: int) -> int:
    value = rebuild(update.value, lambda e: integer(instance) if isinstance(e, Me) else None)
    return value.value if isinstance(value, Const) else first_state.evaluate(value, {}, {})


def _indices(variable: Variable) -> Iterator[tuple[int, ...]]:
    return product(*(range(d.size) for d in variable.dims))


# ---- what edges touch


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
