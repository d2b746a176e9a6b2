# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is said about a liveness property, whichever way it was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...model.ir.properties import SYSTEM_PROGRESS, Property
from ...specs.verdict import Grade

TIMING = "under the timing assumption: urgent blocks run first"
WEAK = "weak fairness of every process"
WEAK_EXCEPT_RESTING = "weak fairness of every process, except where it rests"
NO_STRONG = "needs no strong fairness"

Subject = tuple[str, str]  # kind and name of what is strongly fair


def breach_sentence(subject: str, verb: str, grade: Grade, *, from_everywhere: bool, from_the_start: bool) -> str:
    """Who fails to do what. ``from_...``: whether it is impossible wherever it is owed, or in an initial state."""
    if grade is Grade.ADVERSARIAL:
        return f"{subject} need never {verb}: a fair run puts it off for ever, though it stays possible"
    if from_everywhere:
        return f"{subject} can never {verb}: not from any state in which it is owed"
    if from_the_start:
        return f"{subject} can never {verb} from the initial state on"
    return f"{subject} can no longer {verb} from some reachable states on"


def dead_end(subject: str, verb: str) -> str:
    """No fair cycle breaks it, but a deadlock comes before."""
    return f"{subject} does not {verb} in a run that ends in a deadlock"


def likewise(subjects: Iterable[str], worst: str) -> str:
    """The others for which the same is true, to append to a sentence."""
    others = sorted(set(subjects) - {worst})
    return f" (likewise {', '.join(others)})" if others else ""


def strong_fairness_needed(demands: tuple[Subject, ...], is_broken: Callable[[int], bool]) -> str:
    """Which strong demands a verdict HOLDS depends on, found by weakening them, subject by subject.

    ``demands``: the subject of each; ``is_broken``: whether the property fails if only those of a mask are respected.
    """
    subjects = tuple(dict.fromkeys(demands))

    def enough(kept: Iterable[Subject]) -> bool:
        chosen = set(kept)
        return not is_broken(sum(1 << bit for bit, subject in enumerate(demands) if subject in chosen))

    if enough(()):
        return NO_STRONG
    needed = [s for s in subjects if not enough(other for other in subjects if other != s)]
    if needed:
        return "holds only because " + " and ".join(_named(s) for s in needed) + " is strongly fair"
    kept = list(subjects)  # none alone, but not without all: find a set that is enough
    for subject in subjects:
        if enough(other for other in kept if other != subject):
            kept.remove(subject)
    names = " and ".join(_named(s) for s in kept)
    return f"strong fairness is needed, but not everywhere: it is enough that {names} is strongly fair"


def why_vacuous(claim: Property) -> str:
    if claim.kind != "livelock":
        return "its premise is never true"
    goal = "any goal" if claim.name == SYSTEM_PROGRESS else f"'{claim.name}'"
    return f"no reachable state is pending {goal}"


def _named(subject: Subject) -> str:
    kind, name = subject
    return f"hand-over of {name}" if kind == "handover" else f"the choice {name}"
