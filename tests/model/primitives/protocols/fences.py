# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A fence that others find before its job is submitted, and a signal that may come from two sides."""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import Options, World, bounded, flag, initial, null, pool, process, ref, wait
from svmcheck.model.primitives import Fence


class Made(Options):
    made: Literal["before-it-is-published", "by-submitting"] = "before-it-is-published"
    fails: bool = False


class Published(World):
    fences = pool(Fence, 1)
    fence = ref(Fence)
    written = flag()


@process
def job(k: Published, opt: Made) -> None:
    fence = k.fences.alloc()
    if opt.made == "before-it-is-published":
        fence.init()
    k.fence = fence
    if opt.fails:
        return
    fence.submit()
    k.written = True
    fence.signal()


@process
def reads_the_result(k: Published) -> None:
    wait(k.fence != null)
    k.fence.wait()
    assert k.written, "the result is there"


class Ends(Options):
    by: Literal["signal", "try-signal"] = "try-signal"


class Raced(World):
    """The job and its timeout, of which either may signal."""

    fence = Fence()
    firsts = bounded(0, 2)


@initial
def submitted(k: Raced) -> None:
    k.fence.submit()


@process(2)
def job_or_timeout(k: Raced, opt: Ends) -> None:
    if opt.by == "signal":
        k.fence.signal()
    else:
        first = k.fence.try_signal()
        if first:
            k.firsts = 1
            k.firsts = 2
        else:
            wait(k.firsts == 2)


class Misuse(World):
    fence = Fence()


class Wrong(Options):
    what: Literal["inits-twice", "inits-a-pending-one", "tries-none", "signals-none", "nothing"] = "nothing"


@process
def misuser(k: Misuse, opt: Wrong) -> None:
    match opt.what:
        case "inits-twice":
            k.fence.init()
            k.fence.init()
        case "inits-a-pending-one":
            k.fence.submit()
            k.fence.init()
        case "tries-none":
            k.fence.try_signal()
        case "signals-none":
            k.fence.signal()
        case _:
            k.fence.init()
            k.fence.signal()  # of a job that could not be submitted
            k.fence.try_signal()
            k.fence.init()
            k.fence.submit()
            k.fence.try_signal()
            k.fence.wait()
