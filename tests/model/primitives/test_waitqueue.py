# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who sleeps on a wait queue must have registered, unless the queue says otherwise; a lost wake-up is a deadlock."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol

SOURCE = """
from svmcheck.model.lang import World, flag, process
from svmcheck.model.primitives import WaitQueue

class Wake(World):
    on = flag()
    queue = WaitQueue({parameters})

@process
def sleeper(k: Wake) -> None:
    {first}
    if not k.on:
        {then}
        k.queue.sleep()

@process
def waker(k: Wake) -> None:
    k.on = True
    k.queue.wake_all()
"""


def violated(tmp_path: Path, **parts: str) -> set[str]:
    path = tmp_path / "wake.py"
    path.write_text(SOURCE.format(**{"parameters": "", "first": "pass", "then": "pass", **parts}))
    program = compile_program(load_protocol(path), None, {}, {})
    outcome = ReferenceEngine().decide(program, properties(program), Limits(), lambda tick: None)
    return {r.property for r in outcome.results if r.verdict.name == "VIOLATED"}


def test_registering_before_the_test_loses_no_wake_up(tmp_path: Path) -> None:
    assert violated(tmp_path, first="k.queue.register()") == set()


def test_registering_after_the_test_loses_one(tmp_path: Path) -> None:
    assert "no-deadlock" in violated(tmp_path, then="k.queue.register()")


def test_sleeping_without_registering_is_a_mistake(tmp_path: Path) -> None:
    assert violated(tmp_path) == {"no-sleep-unregistered"}


@pytest.mark.parametrize("then", ["pass", "k.queue.register()"])
def test_a_queue_that_is_not_strict_lets_others_through(tmp_path: Path, then: str) -> None:
    found = violated(tmp_path, parameters="strict=False", then=then)
    assert ("no-deadlock" in found) == (then != "pass")
