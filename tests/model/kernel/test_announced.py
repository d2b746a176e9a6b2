# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Whatever the shipped scenarios share is announced by a point or protected by a lock: partial-order reduction and
partial-order sampling believe what steps say about themselves."""

from __future__ import annotations

import pytest

from svmcheck.checker.schedule.races import find_races
from svmcheck.checker.schedule.request import choose
from svmcheck.model.kernel.scenarios import load

SHIPPED = sorted(name for name, found in load().items() if found.build.__module__.startswith("svmcheck."))


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_is_shared_that_no_step_announces(name: str) -> None:
    assert [str(race) for race in find_races(choose(name).setup, runs=25, seed=5)] == []
