# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Places where Python keeps state: a task draws 0 or 1, keeps it there over a point, and fails if it was 1.

Nowhere may the exploration of states take the two for one and say HOLDS: it finds the failure, or says that it cannot
see, and the whole is undecided.
"""

from __future__ import annotations

import array
import collections
import contextlib
import ctypes
import decimal
import functools
import io
import itertools
import operator
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from svmcheck.checker.schedule.results import results
from svmcheck.checker.schedule.session import Wish, run_session
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import Scenario, World
from svmcheck.model.kernel.sched import Oops
from svmcheck.specs.verdict import Verdict
from tests.checker.schedule.miniature import chosen

Body = Callable[["Device", int], None]
SEEN: dict[str, Body] = {}
UNSEEN: dict[str, Body] = {}


class Device(Kobject):
    def __init__(self) -> None:
        super().__init__()
        self.x = 0
        self.values = [0, 0]
        self.objects: list[Any] = []

    def pause(self) -> int:
        return self.read("x")

    def pull(self, index: int) -> int:
        """What a list holds; after the first time only zeros are left."""
        value = self.read("values")[index]
        self.values = [0, 0]
        return value


def bad(value: object) -> None:
    if value:
        raise Oops("claim", "it was 1")


def seen(body: Body) -> Body:
    SEEN[body.__name__] = body
    return body


def unseen(body: Body) -> Body:
    UNSEEN[body.__name__] = body
    return body


# ---- in the middle of an expression


@seen
def operand_on_the_stack(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    bad(device.pull(0) + device.pull(1))


@seen
def text_in_the_making(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    bad(f"{device.pull(0)}{device.pull(1)}" == "10")


@seen
def star_call(device: Device, drawn: int) -> None:
    none: tuple[int, ...] = ()
    for value in ((0, 0), (0, 1))[drawn]:
        drawn = 0
        device.pause(*none)
        bad(value)


class Pausing:
    def __init__(self, device: Device) -> None:
        self.device = device

    def __neg__(self) -> int:
        return self.device.pause()

    def __bool__(self) -> bool:
        return self.device.pause() == 0


@seen
def unary_operator(device: Device, drawn: int) -> None:
    pausing = Pausing(device)
    for value in ((0, 0), (0, 1))[drawn]:
        drawn = -pausing
        bad(value)


@seen
def truth_of_an_object(device: Device, drawn: int) -> None:
    pausing = Pausing(device)
    for value in ((0, 0), (0, 1))[drawn]:
        drawn = 0
        if pausing:
            bad(value)


@unseen
def sum_of_a_generator(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    bad(sum(device.pull(i) for i in range(2)))


@unseen
def greatest(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    bad(max(device.pull(i) for i in range(2)))


@unseen
def list_of_a_map(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    bad(list(map(device.pull, range(2)))[0])  # noqa: RUF015 - all of it is made


@unseen
def sorting(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    bad(sorted([0, 1], key=lambda i: -device.pull(i))[0] == 0)  # noqa: FURB192 - sorting is what is tried


@unseen
def reducing(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    bad(functools.reduce(lambda total, i: total + device.pull(i), [0, 1], 0))


@unseen
def unpacking_a_generator(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    first, _ = (device.pull(i) for i in range(2))
    bad(first)


@unseen
def zipping_generators(device: Device, drawn: int) -> None:
    device.values = [drawn, 0]
    drawn = 0
    for first, _ in zip((device.pull(0) for _ in range(1)), (device.pull(1) for _ in range(1)), strict=True):
        bad(first)


# ---- exceptions


@seen
def arguments_of_an_exception(device: Device, drawn: int) -> None:
    error = ValueError(drawn)
    drawn = device.pause()
    bad(error.args[0])


@seen
def error_number(device: Device, drawn: int) -> None:
    error = OSError(drawn, "text")
    drawn = device.pause()
    bad(error.errno)


class OneError(Exception):
    pass


class OtherError(Exception):
    pass


@seen
def exception_that_is_handled(device: Device, drawn: int) -> None:
    def inner(drawn: int) -> None:
        try:
            error: Exception | None = (OtherError if drawn else OneError)()
            drawn = 0
            assert error is not None
            raise error
        except (OneError, OtherError):
            error = None
            device.pause()
            raise

    once, drawn = [drawn], 0
    try:
        inner(once.pop())
    except OtherError:
        bad(1)
    except OneError:
        pass


@seen
def exception_on_its_way(device: Device, drawn: int) -> None:
    def inner(values: list[int]) -> None:
        try:
            raise ValueError(values.pop())
        finally:
            device.pause()

    once, drawn = [drawn], 0
    try:
        inner(once)
    except ValueError as error:
        bad(error.args[0])


# ---- code


@seen
def two_lambdas_on_one_line(device: Device, drawn: int) -> None:
    function = [lambda: 0, lambda: 1][drawn]
    drawn = device.pause()
    bad(function())


@seen
def which_lambda_runs(device: Device, drawn: int) -> None:
    functions = [lambda: (device.pause(), 0), lambda: (device.pause(), 1)]  # fmt: skip
    function = functions[drawn]
    drawn = 0
    functions.clear()
    bad(function()[1])


@seen
def attribute_of_a_function(device: Device, drawn: int) -> None:
    def helper() -> int:
        return helper.state  # pyright: ignore[reportFunctionMemberAccess]

    helper.state = drawn  # pyright: ignore[reportFunctionMemberAccess]
    drawn = device.pause()
    bad(helper())


@seen
def default_argument(device: Device, drawn: int) -> None:
    def helper(value: int = drawn) -> int:
        return value

    drawn = device.pause()
    bad(helper())


@seen
def locals_by_name(device: Device, drawn: int) -> None:
    kept = drawn
    drawn = device.pause()
    bad(locals()["kept"])


@seen
def bound_getter(device: Device, drawn: int) -> None:
    device.objects = [0, 1]
    getter = operator.itemgetter(drawn)
    drawn = device.pause()
    bad(getter(device.objects))


@seen
def context_manager(device: Device, drawn: int) -> None:
    @contextlib.contextmanager
    def manager(value: int) -> Iterator[None]:
        yield
        bad(value)

    with manager(drawn):
        drawn = device.pause()


@seen
def coroutine(device: Device, drawn: int) -> None:
    async def answer(value: int) -> int:
        return value

    waiting = answer(drawn)
    drawn = device.pause()
    try:
        waiting.send(None)
    except StopIteration as stop:
        bad(stop.value)


@unseen
def cached_function(device: Device, drawn: int) -> None:
    once = [drawn]

    @functools.lru_cache
    def cached() -> int:
        return once[0]

    cached()
    once[0] = drawn = device.pause()
    bad(cached())


# ---- values of the standard library


Make = Callable[[int], Any]
Ask = Callable[[Any], object]
KEPT: Mapping[str, tuple[Make, Ask]] = {
    "array": (lambda n: array.array("i", [n]), lambda v: v[0]),
    "c integer": (ctypes.c_int, lambda v: v.value),
    "complex": (lambda n: complex(n, 0), lambda v: v.real),
    "decimal": (decimal.Decimal, lambda v: v),
    "slice": (lambda n: slice(n, 2), lambda v: v.start),
    "text stream": (lambda n: io.StringIO(str(n)), lambda v: v.read() == "1"),
    "values of a dictionary": (lambda n: {0: n}.values(), lambda v: next(iter(v))),
    "iterator of a deque": (lambda n: _advanced(iter(collections.deque([0, 1])), n), next),
    "reversed dictionary": (lambda n: _advanced(reversed({1: 0, 0: 0}), n), next),
    "reversed list": (lambda n: _advanced(reversed([1, 0]), n), next),
    "count": (itertools.count, next),
    "cycle": (lambda n: _advanced(itertools.cycle([0, 1]), n), next),
    "limited deque": (lambda n: collections.deque([0], maxlen=1 + n), lambda v: v.append(0) or len(v) == 2),
    "ordered dictionary": (lambda n: collections.OrderedDict([(n, 0), (1 - n, 0)]), lambda v: next(iter(v))),
    "partial": (lambda n: functools.partial(int, n), lambda v: v()),
}
BLIND: Mapping[str, tuple[Make, Ask]] = {
    "view of bytes": (lambda n: memoryview(bytes([n])), lambda v: v[0]),
    "pairs": (lambda n: _advanced(itertools.pairwise([0, 1, 2]), n), lambda v: next(v)[0]),
}


def _advanced(iterator: Any, steps: int) -> Any:
    for _ in range(steps):
        next(iterator)
    return iterator


def keeping(make: Make, ask: Ask) -> Body:
    def body(device: Device, drawn: int) -> None:
        kept = make(drawn)
        drawn = device.pause()
        bad(ask(kept))

    return body


class Private:
    __slots__ = ("__value",)

    def __init__(self, value: int) -> None:
        self.__value = value

    def get(self) -> int:
        return self.__value


@seen
def private_slot(device: Device, drawn: int) -> None:
    kept = Private(drawn)
    drawn = device.pause()
    bad(kept.get())


class MyList(list[int]):
    more = 0


@seen
def attribute_of_a_list(device: Device, drawn: int) -> None:
    kept = MyList()
    kept.more = drawn
    drawn = device.pause()
    bad(kept.more)


@seen
def weak_reference(device: Device, drawn: int) -> None:
    device.objects = [Device(), Device()]
    kept = weakref.ref(device.objects[drawn])
    drawn = device.pause()
    bad(kept() is device.objects[1])


@seen
def name_of_an_object(device: Device, drawn: int) -> None:
    device.objects = [Device(), Device()]
    kept = device.objects[drawn].oid
    drawn = device.pause()
    bad(device.objects[1].oid == kept)


@seen
def what_is_waited_for(device: Device, drawn: int) -> None:
    """Two conditions in one place: a task that waits for the other one waits for ever."""
    device.objects = [False, True]

    def wait(number: int) -> None:
        sched.point(sched.Op("wait", None, sched.READ, functools.partial(ready, number)))

    def ready(number: int) -> bool:
        return not device.objects[number]

    wait(drawn)


# ---- outside of the world


class Shared:
    state = 0


@seen
def attribute_of_a_class(device: Device, drawn: int) -> None:
    Shared.state = drawn
    drawn = device.pause()
    bad(Shared.state)


GLOBAL = [0]


@seen
def global_list(device: Device, drawn: int) -> None:
    GLOBAL[0] = drawn
    drawn = device.pause()
    bad(GLOBAL[0])


# ---- the tests


def verdicts(body: Body, strategy: str) -> set[Verdict]:
    def build(config: Config, sizes: Mapping[str, int]) -> World:
        kernel = Kernel(config)
        device = Device()
        kernel.devices.append(device)  # pyright: ignore[reportArgumentType] - anything may be a root
        sched.spawn("task", lambda: body(device, sched.choose(2, "draw")))
        return kernel.world()

    found = chosen(Scenario("kept", "One task.", build, {}, {}))
    return {result.verdict for result in results(run_session(found, Wish(strategy, runs=50)))}


@pytest.mark.parametrize("name", [*SEEN, *KEPT])
def test_a_value_that_is_kept_somewhere_is_part_of_the_state(name: str) -> None:
    assert Verdict.VIOLATED in verdicts(SEEN.get(name) or keeping(*KEPT[name]), "states")


@pytest.mark.parametrize("name", [*UNSEEN, *BLIND])
def test_what_cannot_be_seen_is_not_passed_over(name: str) -> None:
    body = UNSEEN.get(name) or keeping(*BLIND[name])
    assert verdicts(body, "states") == {Verdict.TRUNCATED}
    assert Verdict.VIOLATED in verdicts(body, "dpor")
