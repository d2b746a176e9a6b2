# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is no task, and what is no choice, is refused where it is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from pathlib import Path

import pytest

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.request import choose
from svmcheck.checker.schedule.runtime import Run, Runtime, new_runtime
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.checker.selection import BadRequest
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.scenario import World


def generator(n: int = 1) -> Generator[int]:
    yield n


async def coroutine() -> None:
    pass


async def both() -> AsyncGenerator[int]:
    yield 1


class Driver:
    def method(self) -> Generator[int]:
        yield 1


def run(function: Callable[[], object]) -> Run:
    def setup() -> World:
        sched.spawn("task", function)
        return World([])

    return new_runtime("greenlets", RandomWalk(1, 1), 100).run(setup)


@pytest.mark.parametrize("function", [generator, coroutine, both, partial(generator, 2), Driver().method])
def test_a_function_that_does_nothing_when_it_is_called_is_no_task(function: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=r"spawn\('task'\): a generator or async function does nothing"):
        run(function)


def test_nor_is_one_that_returns_such_a_thing() -> None:
    found = run(lambda: generator())
    assert found.failure is not None
    assert found.failure.check == "exception"
    assert "task returned a generator, which nobody runs" in found.failure.message


def test_other_values_may_be_returned() -> None:
    assert run(lambda: [1]).failure is None
    assert run(partial(int, 1)).failure is None


def test_the_line_of_a_scenario_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from svmcheck.model.kernel import sched\n"
        "from svmcheck.model.kernel.scenario import World, scenario\n"
        "@scenario('mine')\n"
        "def mine(config, sizes):\n"
        "    def task():\n"
        "        yield 1\n"
        "    sched.spawn('task', task)\n"
        "    return World([])\n",
        encoding="utf-8",
    )
    with pytest.raises(BadRequest, match=r"mine.py:7: .*a task is a plain function"):
        Runtime(Greenlets(), RandomWalk(1, 1)).run(choose(str(file)).setup)


@pytest.mark.parametrize("n", [0, -1])
def test_a_choice_between_nothing_is_refused(n: int) -> None:
    found = run(lambda: sched.choose(n, "which slot"))
    assert found.failure is not None
    assert found.failure.check == "exception"
    assert f"choose({n}, 'which slot'): there is no answer to choose" in found.failure.message
    with pytest.raises(ValueError, match="no answer"):
        sched.choose(n, "while the scenario is set up")
