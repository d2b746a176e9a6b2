# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Instances and slots that the compiler calls interchangeable are: renaming them maps steps to steps.

For every reachable state and every renaming, the steps of the renamed state are the renamed steps. That is what
reduction by symmetry rests on; renaming is written here anew, on cells by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations, product
from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.evaluate import State
from svmcheck.model.ir.layout import Layout
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties
from svmcheck.model.ir.types import PidType, RefType, SetType, Type
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.diagnostics import ProtocolError
from svmcheck.model.semantics import Semantics, Violation

from .compare import load_text
from .random_source import random_source

Renaming = dict[str, tuple[int, ...]]  # process class or heap -> the new number of each
MOST = 250  # states; larger programs are let through

FIXED = """
from svmcheck.model.lang import *


class Slot(Record):
    f = flag()


class W(World):
    n = Size(2)
    per = array(n, flag())
    slots = array(n, Slot())
    who = pid()
    seen = bitset(Pid)
    grid = array(n, array(n, flag()))
    b = flag()


@process(W.n)
def actor(k: W) -> None:
    {body}
"""

INTERCHANGEABLE = [
    "k.per[me()] = True",
    "k.who = me()\n    k.b = any(v for v in k.per)",
    "k.b = sum(s.f for s in k.slots) == 1\n    k.slots[me()].f = k.who == me()\n    k.who = me()",
    "w = k.who\n    k.who = me()\n    if w != null:\n        s = k.slots[w]\n        s.f = True\n        k.b = s.f",
    "w = k.who\n    k.who = me()\n    if w != null:\n        k.grid[w][me()] = True",
    "k.seen.add(me())\n    k.b = all(p in k.seen for p in actor)",
]
TOLD_APART = [
    "k.per[0] = True",
    "for s in k.slots:\n        s.f = True",
    "for v in k.per:\n        k.b = v",
    "for p in actor:\n        k.per[p] = True",
    "for i in range(k.n):\n        k.b = k.per[i]",
    "k.b = any(k.per[i] for i in range(2))",
]


@pytest.mark.parametrize("body", INTERCHANGEABLE)
def test_instances_that_nobody_tells_apart_are_interchangeable(body: str, tmp_path: Path) -> None:
    program = compile_program(load_text(FIXED.format(body=body), tmp_path))
    assert program.processes[0].symmetric
    assert broken(program) is None


@pytest.mark.parametrize("body", TOLD_APART)
def test_naming_an_instance_or_an_order_of_them_tells_them_apart(body: str, tmp_path: Path) -> None:
    program = compile_program(load_text(FIXED.format(body=body), tmp_path))
    assert not program.processes[0].symmetric


@pytest.mark.parametrize("seed", range(8))
def test_symmetry_of_random_programs(seed: int, tmp_path: Path) -> None:
    try:
        program = compile_program(load_text(random_source(seed, (2, 2, 3)), tmp_path))
    except ProtocolError:
        return
    assert broken(program) is None


def broken(program: Program) -> str | None:
    """What distinguishes the supposedly interchangeable, or None. Programs with many states are let through."""
    renamings = list(_renamings(program))
    if len(renamings) == 1:
        return None
    semantics = Semantics(program)
    images = [(image(semantics.layout, r), r) for r in renamings]
    seen = set(semantics.initial)
    work = list(seen)
    while work and len(seen) < MOST:
        state = work.pop()
        steps = semantics.successors(state)
        for rename, renaming in images:
            expected = {(_moved(semantics.layout, renaming, i), _shown(t, rename)) for i, _, t in steps}
            found = {(i, _shown(t, lambda s: s)) for i, _, t in semantics.successors(rename(state))}
            if expected != found:
                return f"{state} under {renaming}: {expected ^ found}"
            if bool(semantics.failing_invariants(state)) != bool(semantics.failing_invariants(rename(state))):
                return f"{state} under {renaming}: an invariant holds in one of them"
        for _, _, target in steps:
            if not isinstance(target, Violation) and target not in seen:
                seen.add(target)
                work.append(target)
    return None if work else _miscounted(program, seen, [rename for rename, _ in images])


def _miscounted(program: Program, plain: set[State], images: list[Callable[[State], State]]) -> str | None:
    """Whether reduced and plain search disagree on a verdict, or the reduced one does not count orbits."""
    safety = tuple(p for p in properties(program) if p.is_safety or p.name == "no-deadlock")
    outcomes = [ReferenceEngine(symmetry=s).decide(program, safety, Limits(), lambda _: None) for s in (False, True)]
    verdicts = [[(r.property, r.verdict) for r in o.results] for o in outcomes]
    if verdicts[0] != verdicts[1]:
        return f"verdicts {verdicts}"
    orbits = {min(image(state) for image in images) for state in plain}
    return None if outcomes[1].states == len(orbits) else f"{outcomes[1].states} states, {len(orbits)} orbits"


def _shown(target: State | Violation, rename: Callable[[State], State]) -> object:
    return target.check.property if isinstance(target, Violation) else rename(target)


def _renamings(program: Program) -> Iterator[Renaming]:
    sizes = {p.name: p.count for p in program.processes if p.symmetric}
    sizes |= {h.name: h.slots for h in program.heaps if h.symmetric}
    for combination in product(*(permutations(range(n)) for n in sizes.values())):
        yield dict(zip(sizes, combination, strict=True))


def _moved(layout: Layout, renaming: Renaming, instance: int) -> int:
    process, index = layout.instances[instance]
    there = renaming[process.name][index] if process.name in renaming else index
    return next(n for n, (p, i) in enumerate(layout.instances) if p.name == process.name and i == there)


def image(layout: Layout, renaming: Renaming) -> Callable[[State], State]:
    """The renaming of a whole state."""
    count = len(layout.instances)
    places = [(v, i) for v in layout.program.variables for i in product(*(range(d.size) for d in v.dims))]
    number = {(v.name, i): count + n for n, (v, i) in enumerate(places)}

    def apply(state: State) -> State:
        result = list(state)
        for instance in range(count):
            result[_moved(layout, renaming, instance)] = state[instance]
        for variable, index in places:
            there = tuple(
                renaming[d.space][i] if d.space in renaming else i for d, i in zip(variable.dims, index, strict=True)
            )
            value = _value(layout, renaming, variable.type, state[number[variable.name, index]])
            result[number[variable.name, there]] = value
        return tuple(result)

    return apply


def _value(layout: Layout, renaming: Renaming, kind: Type, value: int) -> int:
    match kind:
        case PidType() if value:
            return 1 + _moved(layout, renaming, value - 1)
        case RefType(heap, slots) if value and heap in renaming:
            dangling, slot = divmod(value - 1, slots)
            return dangling * slots + renaming[heap][slot] + 1
        case SetType(PidType() as element, first, count):
            members = (first + b for b in range(count) if value >> b & 1)
            return sum(1 << _value(layout, renaming, element, m) - first for m in members)
        case _:
            return value
