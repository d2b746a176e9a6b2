# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Candidates for lemmas about every reachable state, as disjunctions of literals of a model.

They come from dataflow (dataflow.py) and from sums.py, and are worth nothing until inductive.py has proved them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import add

from ...model.ir.layout import cells
from ...model.ir.program import Variable
from ...model.ir.types import PidType, RefType, Type
from .circuit import FALSE, TRUE
from .dataflow import Dataflow, Facts
from .state import Members
from .sums import Sum, sums
from .transition import Disjunction, Model
from .values import Cases, apply_two, constant
from .walks import seen_together

SMALL_DOMAIN = 4  # what is said of a larger domain has to rule out half of it, or it only costs time


@dataclass(frozen=True, slots=True)
class Lemma:
    """``kind``: place, value, owner, live, apart or sum. ``holds``: a disjunction over the model's state ``now``.

    ``family``: the same for lemmas that say the same of different instances of a class.
    """

    kind: str
    text: str
    holds: Disjunction
    family: tuple[str | int, ...]


def candidates(model: Model) -> list[Lemma]:
    """From dataflow alone, and from dataflow that also relies on what random walks never saw together."""
    guessed = Dataflow(model.program, seen_together(model.program))
    result = [*_by_dataflow(model, Dataflow(model.program)), *_by_dataflow(model, guessed), *_apart(model, guessed)]
    result += _live(model)
    result += (_sum(model, found) for found in sums(model.program, guessed))
    return [lemma for lemma in dict.fromkeys(result) if TRUE not in lemma.holds]


def _by_dataflow(model: Model, flow: Dataflow) -> Iterator[Lemma]:
    for instance in range(len(model.layout.instances)):
        facts = Facts.of(flow, instance)
        yield from _places(model, facts)
        yield from _values(model, facts)
        yield from _owners(model, flow, facts)


def _places(model: Model, facts: Facts) -> Iterator[Lemma]:
    """Nobody gets to a location where dataflow did not."""
    name = model.layout.instances[facts.instance][0].name
    for location, here in model.now.places[facts.instance].items():
        if facts.possible and location not in facts.possible:
            text = f"{_at(model, facts.instance, location)} is never reached"
            yield Lemma("place", text, (-here,), ("place", name, location))


def _values(model: Model, facts: Facts) -> Iterator[Lemma]:
    """While a process is at a location, a cell has one of a few values."""
    names = model.layout.cell_names()
    variables = {p: n for n, v in model.layout.variables.items() for p in _range(model, v)}
    name = model.layout.instances[facts.instance][0].name
    for location, possible in facts.possible.items():
        here = model.now.is_at(facts.instance, location)
        for position, values in possible.items():
            kind = model.shape.types[position]
            cell = model.now.cells[position]
            if isinstance(cell, Members) or not _says_much(kind, values):
                continue
            allowed = " or ".join(kind.show(v) for v in sorted(values))
            literals = tuple(cell.cases.get(v, FALSE) for v in sorted(values))
            text = f"{_at(model, facts.instance, location)}: {names[position]} is {allowed}"
            family = ("value", name, location, variables[position], len(values))
            yield Lemma("value", text, (-here, *literals), family)


def _says_much(kind: Type, values: frozenset[int]) -> bool:
    size = kind.hi - kind.lo + 1
    if isinstance(kind, PidType) or size <= SMALL_DOMAIN:
        return len(values) < size
    return 2 * len(values) <= size


def _owners(model: Model, flow: Dataflow, facts: Facts) -> Iterator[Lemma]:
    """Where a process may be that is the value of a cell: the owner of a lock is between acquire and release."""
    names = model.layout.cell_names()
    me = facts.instance + 1
    for position, kind in flow.shared.items():
        if isinstance(kind, PidType) and model.now.equals(position, me) not in (TRUE, FALSE):
            inside = [at for at, possible in facts.possible.items() if me in possible[position]]
            if facts.possible and len(inside) < len(facts.possible):
                literals = tuple(model.now.is_at(facts.instance, at) for at in inside)
                text = f"{names[position]} is {kind.show(me)} only while that is at one of {len(inside)} locations"
                name = model.layout.instances[facts.instance][0].name
                literal = -model.now.equals(position, me)
                yield Lemma("owner", text, (literal, *literals), ("owner", name, position, len(inside)))


def _apart(model: Model, flow: Dataflow) -> Iterator[Lemma]:
    """Two processes are never at these places together, on which dataflow has relied."""
    instances = [process.name for process, _ in model.layout.instances]
    for class_, at, other_class, other_at in sorted(flow.apart):
        for i, name in enumerate(instances):
            for j, other in enumerate(instances):
                if i != j and (name, other) == (class_, other_class) and ((at, i) <= (other_at, j) or at != other_at):
                    text = f"{_at(model, i, at)} and {_at(model, j, other_at)} exclude each other"
                    literals = (-model.now.is_at(i, at), -model.now.is_at(j, other_at))
                    yield Lemma("apart", text, literals, ("apart", class_, at, other_class, other_at))


def _live(model: Model) -> Iterator[Lemma]:
    """A reference that is not dangling names a record in use."""
    names = model.layout.cell_names()
    allocated = {heap.name: model.layout.offset[heap.allocated] for heap in model.program.heaps}
    for position, kind in model.shape.types.items():
        if isinstance(kind, RefType) and kind.heap in allocated:
            for value in range(1, kind.slots + 1):
                in_use = model.now.equals(allocated[kind.heap] + value - 1, 1)
                text = f"{names[position]} is {kind.show(value)} only while that is in use"
                yield Lemma("live", text, (-model.now.equals(position, value), in_use), ("live", position, value))


def _range(model: Model, variable: Variable) -> range:
    begin = model.layout.offset[variable.name]
    return range(begin, begin + cells(variable))


def _at(model: Model, instance: int, location: int) -> str:
    return f"{model.layout.names[instance]} at {location}"


# ---- sums


def _sum(model: Model, found: Sum) -> Lemma:
    circuit, names = model.circuit, model.layout.cell_names()
    total: Cases = constant(found.base)
    for instance, (process, _) in enumerate(model.layout.instances):
        places = model.now.places[instance].items()
        total = apply_two(circuit, add, total, _grouped(model, {
            literal: found.at.get((process.name, location), 0) for location, literal in places
        }))  # fmt: skip
    for position in sorted({p for p, _ in found.cells}):
        cell = model.now.cells[position]
        assert not isinstance(cell, Members)  # dataflow does not track sets
        contributed = {literal: found.cells.get((position, value), 0) for value, literal in cell.cases.items()}
        total = apply_two(circuit, add, total, _grouped(model, contributed))
    holds = circuit.all_of(
        circuit.any_of((-literal, model.now.equals(found.counter, value))) for value, literal in total.items()
    )
    return Lemma("sum", f"{names[found.counter]} = {_sum_text(found, names)}", (holds,), ("sum", found.counter))


def _grouped(model: Model, contributed: Mapping[int, int]) -> Cases:
    """The contribution of one thing as a number, from that of each literal of which exactly one is true."""
    amounts = sorted(set(contributed.values()))
    return {n: model.circuit.any_of(x for x, amount in contributed.items() if amount == n) for n in amounts}


def _sum_text(found: Sum, names: tuple[str, ...]) -> str:
    classes = sorted({c for c, _ in found.at})
    cells = sorted({names[p] for p, _ in found.cells})
    return " + ".join([str(found.base), *(f"what each {c} holds" for c in classes), *(f"f({n})" for n in cells)])
