# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A session in the words of every other engine: one result for each check and each goal.

A sample proves nothing, whatever its size: without a violation it is SAMPLED. HOLDS needs every run up to the order of
independent steps (for the checks), or every state (for progress too).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model.ir.properties import SYSTEM_PROGRESS
from ...specs.verdict import Result, Verdict
from .checks import CHECKS, LOST_PROGRESS, applying
from .frames import VISIBLE
from .registry import STRATEGIES, Reach
from .session import Session, Violation

HASHED = "states are told apart by a hash of 128 bits"
NEVER_ENDED = "no run came to an end: nothing that is looked at then was, what the scenario itself checks included"
ANNOUNCED = "steps announce all shared state that they touch"
LOCAL = "a check looks at nothing but what the step before it touched, or what its locks protect"
UNSEEN = "what a task keeps between two calls of one expression is not part of a state: this Python does not show it"


def results(session: Session) -> tuple[Result, ...]:
    """Violations first, then the checks, then progress."""
    broken = tuple(_violated(session, violation) for violation in session.violations)
    known = {result.property for result in broken}
    rest = (result for result in (*_checks(session), *_progress(session)) if result.property not in known)
    return (*broken, *rest)


def _violated(session: Session, violation: Violation) -> Result:
    shown = violation.counterexample
    trace = shown.trace if shown is not None else None
    return _result(session, violation.property, violation.kind, Verdict.VIOLATED, violation.message, trace=trace,
                   grade=violation.grade, assumptions=violation.assumptions)  # fmt: skip


def _checks(session: Session) -> Iterator[Result]:
    progress_only = all(v.kind in ("livelock", "deadlock") and v.property not in CHECKS for v in session.violations)
    exhausted = session.reach is Reach.STATES and not session.cut and progress_only
    verdict, message = (Verdict.HOLDS, "") if exhausted else _outcome(session, session.reach)
    assumptions = _assumed(session) if verdict is Verdict.HOLDS else ()
    for name in applying(session.classes):
        check = CHECKS[name]
        if check.at_end and not session.effort.ended and verdict is not Verdict.TRUNCATED:
            yield _result(session, name, check.kind, Verdict.VACUOUS, NEVER_ENDED)
        else:
            yield _result(session, name, check.kind, verdict, message, assumptions=assumptions)


def _progress(session: Session) -> Iterator[Result]:
    """Goals are decided by states alone; a strategy that leaves out equivalent runs says nothing about them."""
    if session.reach is Reach.STATES:
        if session.cut or any(v.property in CHECKS for v in session.violations):
            verdict, message = _outcome(session, Reach.STATES)
            for name in _claims(session):
                yield _result(session, name, "livelock", verdict, message)
        for judged in session.judged:
            assumptions = (*judged.assumptions, *_assumed(session))
            yield _result(session, judged.property, judged.kind, judged.verdict, judged.message,
                          assumptions=assumptions)  # fmt: skip
    elif session.reach is Reach.SOME:
        verdict, message = _outcome(session, Reach.SOME)
        looked = f"no loop in {session.effort.states:,} states that runs came through"
        for name in _claims(session):
            yield _result(session, name, "livelock", verdict, looked if verdict is Verdict.SAMPLED else message)
        if session.goals and STRATEGIES[session.wish.strategy].fair:
            bound = f"never more than {session.wish.bound:,} steps of a task's own in {session.effort.measured:,} runs"
            yield _result(session, LOST_PROGRESS, "bound", verdict, bound if verdict is Verdict.SAMPLED else message)


def _claims(session: Session) -> tuple[str, ...]:
    return (*session.goals, SYSTEM_PROGRESS) if session.goals else ()


def _outcome(session: Session, reach: Reach) -> tuple[Verdict, str]:
    """The verdict on what was not violated, and why it is no better."""
    runs = f"{session.effort.runs:,} {'run' if session.effort.runs == 1 else 'runs'}"
    if session.violations:
        return Verdict.TRUNCATED, f"the violation of {session.violations[0].property} ended the session"
    if reach is Reach.SOME:
        if not session.effort.runs:
            return Verdict.TRUNCATED, f"no run was made: {session.cut}"
        return Verdict.SAMPLED, f"no violation in {runs}" + (f" ({session.cut})" if session.cut else "")
    if session.cut:
        return Verdict.TRUNCATED, f"{session.cut}, after {runs}"
    return (Verdict.BOUNDED, f"no violation in {runs}") if reach is Reach.BOUNDED else (Verdict.HOLDS, "")


def _assumed(session: Session) -> tuple[str, ...]:
    """What HOLDS rests on besides the scenario's sizes and options."""
    if session.reach is not Reach.STATES:
        return ANNOUNCED, LOCAL
    return (HASHED,) if VISIBLE else (HASHED, UNSEEN)


def _result(session: Session, name: str, kind: str, verdict: Verdict, message: str, **more: object) -> Result:
    effort = session.effort
    return Result(name, kind, verdict, session.wish.strategy, effort.states, effort.transitions, effort.depth,
                  effort.seconds, message=message, **more)  # fmt: skip # pyright: ignore[reportArgumentType]
