# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Two-phase commit: resource managers prepare or abort, and a transaction manager decides for all of them.

Source: the TLA+ specification TwoPhase (Gray and Lamport, "Consensus on Transaction Commit"). TLC reports 288 distinct
states of 1,146 generated for three resource managers; it counts the initial state among the generated ones.
Granularity: a step is an action of the specification. There an action belongs to nobody; here those with a parameter
``rm`` are steps of that resource manager, even the one by which the transaction manager hears of it. An action that
has nothing left to change can be taken again: a transition from the state to itself.
Messages are neither lost nor consumed, as in the specification: what was sent once can be received ever after.
"""

from __future__ import annotations

from enum import Enum, auto

from svmcheck.model.lang import (
    Pid,
    Size,
    World,
    array,
    atomic,
    bitset,
    choose,
    flag,
    invariant,
    me,
    process,
    state,
    wait,
)


class Rm(Enum):
    WORKING = auto()
    PREPARED = auto()
    COMMITTED = auto()
    ABORTED = auto()


class Action(Enum):
    """The specification's RMPrepare, RMChooseToAbort, TMRcvPrepared, RMRcvCommitMsg and RMRcvAbortMsg."""

    PREPARE = auto()
    CHOOSE_TO_ABORT = auto()
    BE_HEARD = auto()
    OBEY_COMMIT = auto()
    OBEY_ABORT = auto()


class TwoPhase(World):
    managers = Size(3, least=1, most=5)

    rm = array(managers, state(Rm.WORKING))
    sent_prepared = bitset(Pid)

    decided = flag()
    known_prepared = bitset(Pid)
    sent_commit = flag()
    sent_abort = flag()


@process(TwoPhase.managers)
def resource_manager(k: TwoPhase) -> None:
    while True:
        with atomic():
            action = choose(
                Action.PREPARE, Action.CHOOSE_TO_ABORT, Action.BE_HEARD, Action.OBEY_COMMIT, Action.OBEY_ABORT
            )
            match action:
                case Action.PREPARE:
                    wait(k.rm[me()] == Rm.WORKING)
                    k.rm[me()] = Rm.PREPARED
                    k.sent_prepared.add(me())
                case Action.CHOOSE_TO_ABORT:
                    wait(k.rm[me()] == Rm.WORKING)
                    k.rm[me()] = Rm.ABORTED
                case Action.BE_HEARD:
                    wait(me() in k.sent_prepared and not k.decided)
                    k.known_prepared.add(me())
                case Action.OBEY_COMMIT:
                    wait(k.sent_commit)
                    k.rm[me()] = Rm.COMMITTED
                case Action.OBEY_ABORT:
                    wait(k.sent_abort)
                    k.rm[me()] = Rm.ABORTED


@process
def transaction_manager(k: TwoPhase) -> None:
    """TMCommit or TMAbort: it decides once, and may abort at any time before."""
    with atomic():
        if choose(True, False):
            wait(len(k.known_prepared) == k.managers)
            k.sent_commit = True
        else:
            k.sent_abort = True
        k.decided = True


@invariant
def all_commit_or_all_abort(k: TwoPhase) -> bool:
    return not any(r == Rm.COMMITTED for r in k.rm) or not any(r == Rm.ABORTED for r in k.rm)
