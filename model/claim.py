# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whether a run violates a property, and in which words: judged from the run alone, whatever engine found it.

A loop has to be fair: an instance that could move in each of its states, and rests in none, moves in it; and a strong
demand (Fairness) that is enabled in one of its states, again outside resting points, is met in it. What a run cannot
show is a statement about all other runs: that a waiting process can never move again, and the grade of a livelock.
"""

from __future__ import annotations

from collections.abc import Callable

from .cells import cells_read
from .evaluate import Scope, State, evaluator
from .ir.program import Temporal
from .ir.properties import DEADLOCK, SYSTEM_PROGRESS, Property
from .run import STAYS, ReplayError, Run
from .semantics import Semantics
from .waiting import waiting, where_waiting

MOST_CELLS = 6  # values quoted in the sentence about an invariant; the trace has them all


def violation_of(semantics: Semantics, played: Run, claim: Property) -> str:
    """What the run breaks, in one sentence. Raises ReplayError if it does not break ``claim``."""
    message = _JUDGES[claim.kind](semantics, played, claim) if claim.kind in _JUDGES else None
    if message is None:
        raise ReplayError(f"the run exists, but it does not violate {claim.name}")
    unfair = unfairness(semantics, played)
    if unfair is not None:
        raise ReplayError(f"the run is no counterexample to {claim.name}, because it is not fair: {unfair}")
    return message


def unfairness(semantics: Semantics, played: Run) -> str | None:
    """Whom the loop of the run treats unfairly, or None."""
    offers = [_offers(semantics, state) for state in played.loop_states]
    moved = {instance for instance, edge in played.loop_steps if edge != STAYS}
    for instance in semantics.instances:
        if offers and instance not in moved and all(instance in offer for offer in offers):
            return f"{semantics.layout.names[instance]} can always move and never does"
    demands = {(i, edge) for offer in offers for i, edges in offer.items() for edge in edges}
    keys = {(i, f.key): f.subject for i, edge in demands if (f := semantics.edge(i, edge).fairness)}
    met = {(i, f.key) for i, e in played.loop_steps if e != STAYS and (f := semantics.edge(i, e).fairness)}
    for (instance, key), subject in keys.items():
        if (instance, key) not in met:
            return f"{semantics.layout.names[instance]} is offered {subject} again and again and never gets it"
    return None


def _offers(semantics: Semantics, state: State) -> dict[int, list[int]]:
    """The edges that fairness could demand in a state, by instance: those not at a resting point."""
    result: dict[int, list[int]] = {}
    for instance, edge, _ in semantics.successors(state):
        if not semantics.location(state, instance).rests:
            result.setdefault(instance, []).append(edge)
    return result


def _step_violation(semantics: Semantics, played: Run, claim: Property) -> str | None:
    check = played.violation.check if played.violation else None
    if check is None or check.property != claim.name:
        return None
    if check.subject is None:
        return check.message
    _, index = semantics.layout.instances[played.schedule.steps[-1][0]]
    value = evaluator(check.subject, Scope(semantics.layout, index))(played.states[-1])
    return f"{check.message} (the value is {check.subject.type.show(value)})"


def _invariant_violation(semantics: Semantics, played: Run, claim: Property) -> str | None:
    failures = semantics.failing_invariants(played.states[-1]) if played.violation is None else []
    failure = next((f for f in failures if f.invariant.name == claim.name), None)
    if failure is None:
        return None
    whole = [(failure.invariant.expr, Scope(semantics.layout))]  # nothing is bound: all it looks at
    looked = [(part.expr, part.scope) for part in failure.parts] if failure.objects else whole
    seen = dict(cell for expr, scope in looked for cell in cells_read(played.states[-1], [expr], scope))
    values = ", ".join(f"{name} is {value}" for name, value in list(seen.items())[:MOST_CELLS])
    return failure.message + (f" ({values})" if values else "")


def _deadlock(semantics: Semantics, played: Run, claim: Property) -> str | None:
    state = played.states[-1]
    stuck = ", ".join(where_waiting(semantics, state, instance) for instance in waiting(semantics, state))
    if played.violation is not None or not stuck or semantics.is_deadlock(state) != (claim.name == DEADLOCK):
        return None
    return f"nobody can move: {stuck}" if claim.name == DEADLOCK else f"waiting while others can move: {stuck}"


def _livelock(semantics: Semantics, played: Run, claim: Property) -> str | None:
    goals = semantics.program.goals if claim.name == SYSTEM_PROGRESS else (claim.name,)
    done = {
        (instance, goal)
        for instance, edge in played.loop_steps
        if edge != STAYS
        for goal in semantics.edge(instance, edge).completes
    }
    if not played.loop_states or (claim.name == SYSTEM_PROGRESS and done):
        return None
    for instance in semantics.instances:
        for goal in goals:
            owed = all(goal in semantics.location(state, instance).pending for state in played.loop_states)
            if owed and (instance, goal) not in done:
                return f"{semantics.layout.names[instance]} never completes '{goal}'"
    return None


def _temporal(semantics: Semantics, played: Run, claim: Property) -> str | None:
    stated = next((t for t in semantics.program.temporal if t.name == claim.name), None)
    if stated is None or not played.loop_states:
        return None
    holds = condition(semantics, stated)
    premise_seen = False
    for state in played.states:
        premise, conclusion = holds(state)
        premise_seen = (premise_seen or premise) and not conclusion
    if not premise_seen or any(holds(state)[1] for state in played.loop_states):
        return None
    return f"{stated.name}: what it promises never happens" + (
        " again" if stated.kind == "always-eventually" else " after its premise became true"
    )


def condition(semantics: Semantics, stated: Temporal) -> Callable[[State], tuple[bool, bool]]:
    """Premise and conclusion of a temporal property in a state."""
    premise = evaluator(stated.premise, Scope(semantics.layout))
    conclusion = evaluator(stated.conclusion, Scope(semantics.layout))
    return lambda state: (bool(premise(state)), bool(conclusion(state)))


_JUDGES: dict[str, Callable[[Semantics, Run, Property], str | None]] = {
    "lifetime": _step_violation,
    "locking": _step_violation,
    "bounds": _step_violation,
    "assertion": _step_violation,
    "invariant": _invariant_violation,
    "balance": _invariant_violation,
    "deadlock": _deadlock,
    "livelock": _livelock,
    "leads-to": _temporal,
    "always-eventually": _temporal,
}
