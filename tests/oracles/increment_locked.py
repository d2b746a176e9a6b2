# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Threads that increment a shared counter under a lock.

Source: the ``increment_lock`` example of Stateright.
Granularity: lock, read, write and unlock are a step each. As in ``increment_race``, the published model remembers for
ever what a thread read (``seen=kept``), and a local is forgotten after the write (``seen=local``).
"""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import Options, Size, World, array, balance, bounded, me, process
from svmcheck.model.primitives import Mutex


class Increment(Options):
    seen: Literal["kept", "local"] = "kept"


class IncrementLocked(World):
    threads = Size(2, least=1, most=4)

    mutex = Mutex()
    counter = bounded(0, threads)
    seen = array(threads, bounded(0, threads))


@process(IncrementLocked.threads)
def thread(k: IncrementLocked, opt: Increment) -> None:
    with k.mutex:
        if opt.seen == "kept":
            k.seen[me()] = k.counter
            k.counter = k.seen[me()] + 1
        else:
            k.counter += 1  # a read and a write


@balance
def no_increment_is_lost(k: IncrementLocked) -> bool:
    return k.counter == k.threads
