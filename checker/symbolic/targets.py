# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What breaks a property, as literals about the end of a run.

A run of k steps breaks a property in its last state (invariants, balance, deadlock) or in its last step, which is then
a violating one and leads nowhere.
"""

from __future__ import annotations

from ...model.ir.program import Invariant
from ...model.ir.properties import DEADLOCK, Property
from .circuit import FALSE, TRUE
from .transition import Model


def is_decidable(claim: Property) -> bool:
    """Whether a finite run can break the property."""
    return claim.is_safety or claim.name == DEADLOCK


def in_last_step(model: Model, name: str) -> int:
    """That the next step violates the property."""
    circuit = model.circuit
    return circuit.any_of(
        circuit.all_of((literal, model.may_move(m.instance)))
        for m in model.moves
        for property_, literal in m.fails
        if property_ == name
    )


def in_last_state(model: Model, name: str) -> int:
    """That the state violates the property."""
    if name == DEADLOCK:
        return deadlock(model)
    return model.circuit.any_of(_broken(model, stated) for stated in model.program.invariants if stated.name == name)


def deadlock(model: Model) -> int:
    instances = range(len(model.layout.instances))
    somebody_has_to = model.circuit.any_of(-_may_stay(model, i) for i in instances)
    return model.circuit.all_of((somebody_has_to, *(-model.able(i) for i in instances)))


def settled(model: Model) -> int:
    """That balance is demanded: every process has ended, rests, or is idle with nothing to do."""
    return model.circuit.all_of(_settled(model, i) for i in range(len(model.layout.instances)))


def _settled(model: Model, instance: int) -> int:
    locations = model.layout.instances[instance][0].locations
    done = model.stands_where(instance, {n: at.ends or at.rests for n, at in enumerate(locations)})
    idle = model.stands_where(instance, {n: at.idle for n, at in enumerate(locations)})
    if idle == FALSE:
        return done
    return model.circuit.any_of((done, model.circuit.all_of((idle, -model.able(instance)))))


def _may_stay(model: Model, instance: int) -> int:
    locations = model.layout.instances[instance][0].locations
    return model.stands_where(instance, {n: at.ends or at.rests or at.idle for n, at in enumerate(locations)})


def _broken(model: Model, stated: Invariant) -> int:
    scope = model.outside
    bad = [-scope.truth(stated.expr)]
    bad += [model.circuit.all_of((scope.truth(c.when), -scope.truth(c.ok))) for c in stated.checks]
    demanded = settled(model) if stated.kind == "balance" else TRUE
    return model.circuit.all_of((demanded, model.circuit.any_of(bad)))
