# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Tiny programs that several tests share, among them those with published numbers of states."""

from __future__ import annotations

from dataclasses import replace

from svmcheck.model.ir.program import Dim, Program
from tests.irbuild import (
    ME,
    Automaton,
    binary,
    bound,
    either,
    eq,
    load,
    local,
    mine,
    ne,
    negated,
    pids,
    plus,
    program,
    put,
    put_mine,
    quant,
    variable,
)


def increment_race(threads: int) -> Program:
    """Each thread reads x into a local and writes it back plus one."""
    inc = Automaton("inc", threads, symmetric=True)
    inc.edge("read", "write", put_mine("seen", load("x"))).edge("write", "done", put("x", plus(mine("seen"), 1)))
    inc.place("done", ends=True)
    return program(inc, variables=(variable("x"), local("seen", inc)))


def increment_locked(threads: int) -> Program:
    """The same between lock and unlock."""
    inc = Automaton("inc", threads, symmetric=True)
    inc.edge("lock", "read", put("owner", plus(ME, 1)), guard=eq(load("owner"), 0))
    inc.edge("read", "write", put_mine("seen", load("x"))).edge("write", "unlock", put("x", plus(mine("seen"), 1)))
    inc.edge("unlock", "done", put("owner", 0)).place("done", ends=True)
    return program(inc, variables=(variable("x"), local("seen", inc), variable("owner", type=pids(inc))))


def peterson() -> Program:
    """Two processes, busy waiting; the turn may be either's at first, and leaving sets the flag to 1 (as published)."""
    p = Automaton("p", 2, symmetric=True)
    other_out = quant("all", "j", 2, either(eq(bound("j"), ME), binary("<", load("flag", bound("j")), 1)))
    free = either(other_out, ne(load("turn"), plus(ME, 1)))
    p.edge("want", "yield", put("flag", 1, ME)).edge("yield", "wait", put("turn", plus(ME, 1)))
    p.edge("wait", "critical", guard=free).edge("wait", "wait", guard=negated(free))
    p.edge("critical", "want", put("flag", 1, ME))
    return program(
        p,
        variables=(variable("flag", Dim(2, "p")), variable("turn", type=pids(p))),
        initial=({"turn": (1,)}, {"turn": (2,)}),
    )


def lock_pair() -> Program:
    """Two processes take two locks in opposite order."""
    first, second = Automaton("first"), Automaton("second")
    for automaton, one, other in ((first, "a", "b"), (second, "b", "a")):
        automaton.edge("start", "holding", put(one, 1), guard=eq(load(one), 0))
        automaton.edge("holding", "both", put(other, 1), guard=eq(load(other), 0))
        automaton.edge("both", "end", put("a", 0), put("b", 0)).place("end", ends=True)
    return program(first, second, variables=(variable("a"), variable("b")))


def contended_lock(strong: bool, threads: int = 2) -> Program:
    """Threads that take and release one lock for ever; taking it is the goal."""
    p = Automaton("p", threads, symmetric=True).place("wait", pending=("gets-lock",))
    p.edge(
        "wait", "in", put("lock", 1), guard=eq(load("lock"), 0), completes=("gets-lock",), fair="lock" if strong else ""
    )
    p.edge("in", "wait", put("lock", 0))
    return program(p, variables=(variable("lock"),))


def without_symmetry(given: Program) -> Program:
    return replace(given, processes=tuple(replace(p, symmetric=False) for p in given.processes))
