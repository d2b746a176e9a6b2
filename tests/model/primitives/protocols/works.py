# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Work items that queue themselves again, and all the ways to wait for them or to stop them."""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import (
    Options,
    Record,
    Size,
    World,
    choose,
    cover,
    flag,
    initial,
    pending,
    pool,
    process,
    ref,
    touch,
    wait,
)
from svmcheck.model.primitives import Work


class Again(Options):
    """How often the item queues itself while it runs."""

    again: Literal["always", "once", "maybe", "never"] = "always"


class Object(Record):
    asked = flag()


class Stop(Options):
    by: Literal["flush", "cancel", "cancel-sync", "disable", "disable-sync", "nothing"] = "cancel-sync"


class Teardown(World):
    """What the item uses is freed after it was stopped, or should be."""

    workers = Size(1, most=2)
    work = Work()
    objects = pool(Object, 1)
    object = ref(Object)


@initial
def one_object(k: Teardown) -> None:
    k.object = k.objects.alloc()
    k.work.queue()


@process(Teardown.workers)
def works(k: Teardown, opt: Again) -> None:
    while True:
        with k.work.run_once():
            touch(k.object)
            match opt.again:
                case "always":
                    k.work.queue()
                case "maybe":
                    if choose(True, False):
                        k.work.queue()
                case "once":
                    if not k.object.asked:
                        k.object.asked = True
                        k.work.queue()
                case _:
                    pass


@process
def tears_down(k: Teardown, opt: Stop) -> None:
    with pending("teardown-completes"):
        match opt.by:
            case "flush":
                k.work.flush()
            case "cancel":
                k.work.cancel()
            case "cancel-sync":
                k.work.cancel_sync()
            case "disable":
                k.work.disable()
            case "disable-sync":
                k.work.disable_sync()
            case _:
                pass
    k.objects.free(k.object)


class Own(World):
    """An item that waits for its own end."""

    work = Work()


@process
def waits_for_itself(k: Own, opt: Stop) -> None:
    k.work.queue()
    with k.work.run_once():
        match opt.by:
            case "flush":
                k.work.flush()
            case "cancel-sync":
                k.work.cancel_sync()
            case "disable-sync":
                k.work.disable_sync()
            case _:
                k.work.cancel()


class Twice(World):
    """Two workers, and an item that is queued as often as can be."""

    work = Work()
    inside = flag()


@process(2)
def one_of_two(k: Twice) -> None:
    while True:
        with k.work.run_once():
            assert not k.inside, "one run at a time"
            k.inside = True
            k.inside = False


@process
def queues_three_times(k: Twice) -> None:
    k.work.queue()
    k.work.queue()
    k.work.queue()


class Enables(Options):
    enables: Literal["as-often", "once-less", "once-more"] = "as-often"


class Nested(World):
    """Two that disable an item for their own sake, of which one forgets to enable it."""

    work = Work()
    first_through = flag()
    ran = flag()


@process
def timeout(k: Nested) -> None:
    while True:
        with k.work.run_once():
            k.ran = True


@process
def suspends(k: Nested, opt: Enables) -> None:
    k.work.disable_sync()
    if opt.enables != "once-less":
        k.work.enable()
    if opt.enables == "once-more":
        k.work.enable()
    k.first_through = True


@process
def resets(k: Nested) -> None:
    k.work.disable_sync()
    too_early = k.work.queue()
    assert not too_early, "nothing is queued while disabled"
    k.work.enable()
    wait(k.first_through)
    k.work.queue()
    with pending("timeout-runs"):
        wait(k.ran)


class TooOften(World):
    work = Work()
    depth = Size(8, most=8)


@process(TooOften.depth)
def disables(k: TooOften) -> None:
    k.work.disable()


class Answers(World):
    """What the calls return, in an order that leaves no choice."""

    work = Work()
    begun = flag()
    may_end = flag()


@process
def slow(k: Answers) -> None:
    while True:
        with k.work.run_once():
            k.begun = True
            wait(k.may_end)


@process
def asks(k: Answers) -> None:
    flushed = k.work.flush()
    assert not flushed, "nothing to wait for"
    cancelled = k.work.cancel_sync()
    assert not cancelled, "was not queued"
    queued = k.work.queue()
    assert queued, "was queued"
    wait(k.begun)
    requeued = k.work.queue()
    assert requeued, "is queued while it runs"
    twice = k.work.queue()
    assert not twice, "is queued already"
    taken_off = k.work.cancel()
    assert taken_off, "was taken off"
    again = k.work.queue()
    assert again, "was queued again"
    k.may_end = True
    waited = k.work.flush()
    assert waited or k.work.quiescent(), "waited for the second run"
    disabled = k.work.disable()
    assert not disabled, "had run"
    k.work.disable()
    half = k.work.enable()
    assert not half, "is still disabled"
    whole = k.work.enable()
    assert whole, "is enabled"
    cover("asked everything")


class LetGo(World):
    """Who waits for a run that is cancelled is let go, though the run before has not ended."""

    work = Work()
    begun = flag()
    flushing = flag()
    flushed = flag()


@process
def runs_until_flushed(k: LetGo) -> None:
    while True:
        with k.work.run_once():
            k.begun = True
            wait(k.flushed)


@process
def flushes_the_second(k: LetGo) -> None:
    k.work.queue()
    wait(k.begun)
    k.work.queue()
    k.flushing = True
    k.work.flush()
    k.flushed = True


@process
def cancels_the_second(k: LetGo) -> None:
    wait(k.flushing and len(k.work.behind_queued) == 1)
    k.work.cancel()


class Crossing(World):
    """A queue() that meets cancel_sync() of an idle item: it may fail although nothing was cancelled."""

    work = Work()
    failed = flag()


@process
def runs(k: Crossing) -> None:
    while True:
        with k.work.run_once():
            pass


@process
def queues(k: Crossing) -> None:
    queued = k.work.queue()
    if not queued:
        k.failed = True


@process
def cancels(k: Crossing) -> None:
    cancelled = k.work.cancel_sync()
    if k.failed and not cancelled:
        cover("failed, and nothing was cancelled")


class Endless(World):
    work = Work()


@process
def runs_for_ever(k: Endless) -> None:
    while True:
        with k.work.run_once():
            pass


@process
def queues_for_ever(k: Endless) -> None:
    while True:
        k.work.queue()
