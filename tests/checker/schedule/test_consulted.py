# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which options a scenario reads: at once, late, in few schedules, or only after another change."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from svmcheck.checker.schedule.consulted import consulted, consulted_with_changes, unread
from svmcheck.checker.schedule.request import Chosen, choose
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import SCENARIOS, Scenario, Size, World
from svmcheck.model.kernel.sched import READ, WRITE, Op


def _readers(config: Config, sizes: Mapping[str, int]) -> World:
    """Reads ``zap`` as it is built, ``find`` in a task, ``bind_fence`` and ``pte_same`` under conditions, and
    ``release`` only if the second task goes first four times."""
    first = [0]
    copied = config.zap

    def one() -> None:
        sched.point(Op("look", None, READ))
        assert copied
        assert config.find
        if config.bind == "job":
            assert config.bind_fence
        if sizes["pages"] > 1:
            assert config.pte_same
        first[0] = -100

    def other() -> None:
        for _ in range(4):
            sched.point(Op("count", None, WRITE))
            first[0] += 1
        if first[0] == 4:
            assert config.release

    sched.spawn("one", one)
    sched.spawn("other", other)
    return World([first])


READERS = Scenario("tiny-readers", "Two tasks read options.", _readers, {"pages": Size(1, 1, 2)}, {})


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Chosen:
    monkeypatch.setitem(SCENARIOS, READERS.name, READERS)
    return choose(READERS.name)


def test_reads_while_building_and_in_tasks_count(readers: Chosen) -> None:
    assert consulted(readers) == {"zap", "find", "bind", "release"}


def test_what_few_schedules_read_is_looked_for(readers: Chosen) -> None:
    assert "release" not in consulted(readers, 1)
    assert unread(readers, ["release", "zap"]) == ()


def test_what_nobody_reads_is_told_by_name(readers: Chosen) -> None:
    assert unread(readers, ["tlb_flush", "zap", "copy"]) == ("copy", "tlb_flush")
    assert unread(readers, []) == ()


def test_what_other_options_or_sizes_bring_is_told_with_them(readers: Chosen) -> None:
    found = consulted_with_changes(readers)
    assert found.always == {"zap", "find", "bind", "release"}
    assert found.only_with == {"bind_fence": "--set bind=job", "pte_same": "--size pages=2"}


def test_options_that_were_set_count_as_they_are(readers: Chosen) -> None:
    assert unread(choose(READERS.name, {"bind": "job"}), ["bind_fence"]) == ()
    assert unread(choose(READERS.name, {}, {"pages": 2}), ["pte_same"]) == ()
