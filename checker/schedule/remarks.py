# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a reader of verdicts should know that no verdict says: what was not asked, as there is nothing to ask it of."""

from __future__ import annotations

from .checks import CHECKS, applying
from .session import Session


def remarks(session: Session) -> tuple[str, ...]:
    """One sentence each. They take nothing from the verdicts that are given."""
    if session.violations or not session.effort.runs:
        return ()
    found: list[str] = []
    if not session.goals:
        found.append("no task owes anything (sched.pending), so that nothing is said about progress")
    absent = len(CHECKS) - len(applying(session.classes))
    if absent:
        some = "1 check" if absent == 1 else f"{absent} checks"
        found.append(f"not listed: {some} of structures that this scenario does not have")
    return tuple(found)
