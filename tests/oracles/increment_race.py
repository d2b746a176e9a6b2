# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Threads that increment a shared counter without a lock: each reads it, then writes what it read plus one.

Source: the ``increment`` example of Stateright, whose text lists the 13 states of two threads.
Granularity: the read is a step and the write is a step. The published model remembers for ever what a thread read
(``seen=kept``: a field of the world). A local is forgotten when nobody will read it again (``seen=local``), which makes
fewer states: a difference on purpose, of which the test states both counts.
"""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import Options, Size, World, array, balance, bounded, me, process


class Increment(Options):
    seen: Literal["kept", "local"] = "kept"


class IncrementRace(World):
    threads = Size(2, least=1, most=4)

    counter = bounded(0, threads)
    seen = array(threads, bounded(0, threads))


@process(IncrementRace.threads)
def thread(k: IncrementRace, opt: Increment) -> None:
    if opt.seen == "kept":
        k.seen[me()] = k.counter
        k.counter = k.seen[me()] + 1
    else:
        k.counter += 1  # a read and a write


@balance
def no_increment_is_lost(k: IncrementRace) -> bool:
    """Violated, of course."""
    return k.counter == k.threads
