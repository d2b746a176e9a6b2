# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A session in several processes: loops are looked for in this one first, then all share the runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..engine import Tick
from .checks import DETERMINISM, kind
from .counterexample import Nondeterminism, of_failure
from .parallel import Campaign, Plan, explore, pieces
from .registry import STRATEGIES, Reach
from .request import Chosen
from .runtime import new_runtime
from .session import SURVEYED_FIRST, Effort, Session, Violation, Watcher, Wish, run_session
from .strategies.replay import Replay


def run_crowd(chosen: Chosen, wish: Wish, workers: int, tell: Watcher, stop: Callable[[], bool]) -> Session:
    """As ``run_session``. A strategy that has to know its earlier runs cannot be shared out, and one worker is none."""
    if workers <= 1 or STRATEGIES[wish.strategy].reach is not Reach.SOME or wish.runs <= SURVEYED_FIRST:
        return run_session(chosen, wish, tell, stop)
    first = run_session(chosen, replace(wish, runs=SURVEYED_FIRST), tell, stop)
    if first.violations or first.cut:
        return first

    def total(tick: Tick) -> None:
        tell(_sum(first.effort, tick.states, tick.transitions, tick.seconds))

    def reason() -> str:
        seconds = wish.spent + first.effort.seconds + shown[0]
        if stop():
            return "interrupted"
        return f"the limit of {wish.seconds:g} s" if wish.seconds is not None and seconds >= wish.seconds else ""

    shown = [0.0]

    def told(tick: Tick) -> None:
        shown[0] = tick.seconds
        total(tick)

    plan = Plan(chosen.setup, wish.steps, wish.backend, raises=False)
    campaign = explore(plan, pieces([wish.strategy], [wish.seed], wish.runs), workers, told, reason)
    return _session(first, wish, campaign, shown[0])


def _session(first: Session, wish: Wish, campaign: Campaign, seconds: float) -> Session:
    cut = campaign.cut or (f"{len(campaign.died)} workers were killed" if campaign.died else "")
    effort = _sum(first.effort, campaign.runs, campaign.steps, seconds)
    effort.ended += campaign.ended
    violations: tuple[Violation, ...] = ()
    if campaign.failures:
        run = campaign.failures[0].run
        assert run.failure is not None
        runtime = new_runtime(wish.backend, Replay(()), wish.steps)
        try:
            message, shown = of_failure(first.chosen, runtime, run)
            violations = (Violation(run.failure.check, kind(run.failure.check), message, counterexample=shown),)
        except Nondeterminism as error:
            violations = (Violation(DETERMINISM, "guard", str(error)),)
    complete = not cut and not violations
    return replace(first, wish=wish, effort=effort, violations=violations, cut=cut, complete=complete)


def _sum(effort: Effort, runs: int, points: int, seconds: float) -> Effort:
    return replace(effort, runs=effort.runs + runs, points=effort.points + points, seconds=effort.seconds + seconds)
