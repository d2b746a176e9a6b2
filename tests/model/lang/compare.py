# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A source text under both meanings: compiled and searched by the reference semantics, and directly interpreted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from svmcheck.model.evaluate import State
from svmcheck.model.ir.layout import Layout
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.types import BoolType, EnumType, IntType, PidType, RefType, SetType, Type
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import Protocol, load_protocol
from svmcheck.model.semantics import Semantics, Violation

from .direct import Direct, Explored, Ref, Unsupported, Who


@dataclass(frozen=True)
class Compared:
    """``differences``: one line for each; empty if the two agree. ``complete``: both saw everything."""

    compiled: Explored
    direct: Explored
    differences: tuple[str, ...]
    complete: bool


def load_text(text: str, folder: Path) -> Protocol:
    path = folder / f"source_{hashlib.sha256(text.encode()).hexdigest()[:12]}.py"
    path.write_text(text)
    return load_protocol(path)


def compare_text(text: str, folder: Path, most: int = 20000) -> Compared:
    """Raises ProtocolError where the compiler refuses the text."""
    protocol = load_text(text, folder)
    program = compile_program(protocol)
    compiled = explore_compiled(program, most)
    direct = explore_direct(protocol, text, program, most)
    complete = compiled.complete and direct.complete
    return Compared(compiled, direct, tuple(_differences(compiled, direct)) if complete else (), complete)


def _differences(compiled: Explored, direct: Explored) -> list[str]:
    found: list[str] = []
    for what in ("shared", "owed", "terminal", "violated"):
        ours, theirs = getattr(compiled, what), getattr(direct, what)
        if ours != theirs:
            found.append(f"{what}: only compiled {_some(ours - theirs)}, only direct {_some(theirs - ours)}")
    if compiled.deadlock != direct.deadlock:
        found.append(f"deadlock: compiled {compiled.deadlock}, direct {direct.deadlock}")
    return found


def _some(values: set[object]) -> str:
    shown = sorted(map(str, values))
    return f"{len(shown)}: {'; '.join(shown[:2])}" if shown else "none"


# ---- the direct side


def explore_direct(protocol: Protocol, text: str, program: Program, most: int) -> Explored:
    import sys

    (world,) = protocol.worlds.values()
    direct = Direct(sys.modules[world.cls.__module__], world.cls, text)
    try:
        found = direct.explore(most)
    except Unsupported:
        found = Explored(complete=False)
    order = [direct.position[cell] for cell in cells_of(program)]

    def shown(values: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(_plain(values[i]) for i in order)

    found.shared = {_without_ghosts(program, shown(v)) for v in found.shared}
    found.terminal = {shown(v) for v in found.terminal}
    found.owed = {(shown(values), goals) for values, goals in found.owed}  # type: ignore[misc]
    return found


def _without_ghosts(program: Program, values: tuple[object, ...]) -> tuple[object, ...]:
    """A ghost is set together with the step before, and the compiler drops steps whose outcome it knows: only in the
    end do the two sides have to agree on ghosts."""
    ghosts = {v.name for v in program.variables if v.ghost}
    return tuple(value for (name, _), value in zip(cells_of(program), values, strict=True) if name not in ghosts)


def _plain(value: object) -> object:
    match value:
        case Ref(_, slot, live):
            return ("live" if live else "dangling", slot)
        case Who(number):
            return ("process", number)
        case Enum():
            return value.name
        case frozenset():
            return tuple(sorted(str(_plain(v)) for v in value))
        case _:
            return value


# ---- the compiled side


def cells_of(program: Program) -> list[tuple[str, tuple[int, ...]]]:
    """The cells that the author declared, and the allocation marks."""
    from itertools import product

    marks = {h.allocated for h in program.heaps}
    return [
        (v.name, index)
        for v in program.variables
        if v.owner is None and (not v.hidden or v.name in marks)
        for index in product(*(range(d.size) for d in v.dims))
    ]


def projection(program: Program) -> Callable[[State], tuple[object, ...]]:
    layout = Layout(program)
    readers: list[tuple[int, Callable[[int], object]]] = []
    for name, index in cells_of(program):
        position = layout.offset[name] + sum(i * s for i, s in zip(index, layout.strides[name], strict=True))
        readers.append((position, _reader(layout.variables[name].type)))
    return lambda state: tuple(read(state[position]) for position, read in readers)


def _reader(kind: Type) -> Callable[[int], object]:
    match kind:
        case BoolType():
            return bool
        case EnumType(_, members):
            return lambda v: members[v]
        case IntType():
            return lambda v: v
        case RefType(_, slots):
            return lambda v: None if v == 0 else ("live", v - 1) if v <= slots else ("dangling", v - 1 - slots)
        case PidType():
            return lambda v: None if v == 0 else ("process", v - 1)
        case SetType(element, first, count):
            read = _reader(element)
            return lambda v: tuple(sorted(str(read(first + b)) for b in range(count) if v >> b & 1))


def explore_compiled(program: Program, most: int) -> Explored:
    semantics = Semantics(program)
    shown = projection(program)
    found = Explored()
    seen: set[State] = set(semantics.initial)
    work = list(seen)
    while work:
        state = work.pop()
        found.states += 1
        if found.states > most:
            found.complete = False
            return found
        shared = shown(state)
        found.shared.add(_without_ghosts(program, shared))
        found.violated |= {f.invariant.name for f in semantics.failing_invariants(state)}
        successors = semantics.successors(state)
        for _, _, target in successors:
            if isinstance(target, Violation):
                found.violated.add(target.check.property)
            elif target not in seen:
                seen.add(target)
                work.append(target)
        if not successors:
            found.terminal.add(shared)
            found.owed.add((shared, tuple(semantics.location(state, i).pending for i in semantics.instances)))
            found.deadlock = found.deadlock or semantics.is_deadlock(state)
    return found
