# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""From a loaded protocol file to a Program: one world, one choice of options, one choice of sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ir.program import Dim, Program, Variable
from ..ir.types import BOOL, PidType
from . import settings
from .assemble import assemble
from .decorators import Actors
from .diagnostics import Diagnostic, ProtocolError, in_order
from .fuse import Automaton, fuse
from .lint.run import lint
from .load import Protocol
from .locals import default, live_locals, settle
from .lower.fields import parameters, process_id
from .lower.state import Actor
from .lowering import Lowered, Result, lower_all
from .onestep import FuseError
from .property_names import check_names
from .settings import Setting
from .slots import on_slot
from .storage import Storage, StorageError, StorageErrors, lay_out


@dataclass(frozen=True)
class Compiled:
    """A program and what the compiler wants told about it (warnings and hints), by place.

    ``effective``: the options that some code tests which the other options do not rule out.
    """

    program: Program
    warnings: tuple[Diagnostic, ...]
    effective: frozenset[str] = frozenset()


def compile_program(
    protocol: Protocol,
    world: str | None = None,
    options: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Program:
    """Raises ProtocolError with every diagnostic found (at most 20)."""
    return compile_checked(protocol, world, options, sizes).program


def compile_checked(
    protocol: Protocol,
    world: str | None = None,
    options: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Compiled:
    """As ``compile_program``, with the warnings. ``world`` may be left out where only one has actors."""
    setting = settings.choose(protocol, world, options, sizes)
    cast = setting.cast()
    storage = _storage(setting, cast)
    result = lower_all(setting, storage, cast)
    problems = list(check_names(setting, result))
    if problems:
        raise ProtocolError(problems)
    variables = {**storage.variables, **_local_variables(result)}
    try:
        automata = _automata(setting, result, variables)
        program = assemble(setting, storage, result, automata, variables)
    except FuseError as error:
        raise ProtocolError((error.diagnostic,)) from error
    warnings = in_order((*result.facts.warnings.values(), *lint(setting, result, automata)))
    return Compiled(program, warnings, frozenset(result.facts.effective))


def _storage(setting: Setting, cast: list[tuple[Actors, Actor]]) -> Storage:
    pids = PidType(tuple(a.name if a.count == 1 else f"{a.name}[{i}]" for _, a in cast for i in range(a.count)))
    try:
        storage = lay_out(setting.info.cls, setting.sizes, setting.spaces(), pids)
    except StorageErrors as found:
        raise ProtocolError(_undeclarable(setting, error) for error in found.errors) from found
    what, advice = "the field and an actor have one name", "rename one: their variables could not be told apart"
    clashes = [a.name for _, a in cast if any(v.startswith(f"{a.name}.") for v in storage.variables)]
    if clashes:
        raise ProtocolError(_undeclarable(setting, StorageError(setting.info.cls, n, what, advice)) for n in clashes)
    return storage


def _undeclarable(setting: Setting, error: StorageError) -> Diagnostic:
    headline = f"{error.cls.__name__}.{error.name}: {error.problem}"
    return Diagnostic("SVM110", headline, setting.protocol.file.attribute(error.cls.__name__, error.name), error.advice)


def _local_variables(result: Result) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for lowered in result.actors.values():
        actor = lowered.actor
        for name in lowered.locals():
            kind = result.facts.types[name] or BOOL
            dims = (Dim(actor.count, actor.name),)
            hidden = name in result.facts.hidden
            found[name] = Variable(name, kind, dims, default(kind), actor.name, hidden=hidden)
    return found


def _automata(setting: Setting, result: Result, variables: Mapping[str, Variable]) -> dict[str, Automaton]:
    """The automaton of each actor, without the locals that nobody reads. Raises FuseError."""
    raw = {n: fuse(a.low.graph, a.actor, variables, urgent_flags(a)) for n, a in result.actors.items()}
    mine = {n: set(a.locals()) for n, a in result.actors.items()}
    everyone = set[str]().union(*mine.values())
    kept: set[str] = set()
    for name, lowered in result.actors.items():
        for live in live_locals(raw[name], mine[name], _always_live(lowered), lowered.actor.me):
            kept |= live
    types = {n: variables[n].type for n in everyone}
    found: dict[str, Automaton] = {}
    for name, lowered in result.actors.items():
        settled = settle(raw[name], mine[name], everyone, kept, types, _always_live(lowered), lowered.actor.me)
        found[name] = _with_slot(setting, settled, lowered)
    return found


def urgent_flags(lowered: Lowered) -> dict[int, str]:
    """Urgent block -> the local that says its pass is used."""
    return {number: f"{lowered.actor.name}.urgent-pass-{number}" for number in lowered.low.urgent_blocks.values()}


def _always_live(lowered: Lowered) -> set[str]:
    return set(urgent_flags(lowered).values())


def _with_slot(setting: Setting, automaton: Automaton, lowered: Lowered) -> Automaton:
    """Bind the actor to its CPU slot, if it has one."""
    mark, low = lowered.actors.mark, lowered.low
    if mark.on is None:
        return automaton
    path = setting.slot_path(mark.on, lowered.actors)
    strong = parameters(mark.on).get("handover") == "strong"
    me = process_id(low, lowered.actor.first, lowered.actor.me)
    return on_slot(automaton, f"{path}.owner", me, low.storage.pids, mark.preemptible, strong)
