# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Interval notifiers and xe's callback in the executable kernel and in the protocol: same runs, same failures."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from svmcheck.checker.conformance.conform import chosen_for, conform, view_of
from svmcheck.checker.schedule.strategies.pos import Pos
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel.abstraction import load
from tests.checker.conformance.shown import shown

ABSTRACTION = load()["notifier"]
NOT_AGAIN = {"populators": 0}
PRESSURE = {"unmappers": 0, "populators": 0, "invalidators": 1}
REAPER = {"oom_reapers": 1, "unmappers": 0}


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"unmappers": 2, **NOT_AGAIN},
        {"gpu_workers": 2, **NOT_AGAIN},
        {"oom_reapers": 1, **NOT_AGAIN},
        {"reclaimers": 1, **NOT_AGAIN},
        PRESSURE,
        {**PRESSURE, "on_the_range": 1},
    ],
)
def test_the_kernel_does_what_the_protocol_does(sizes: Mapping[str, int]) -> None:
    result = conform(ABSTRACTION, Pos(7, 10), {}, sizes)
    assert [difference.message for difference in result.differences] == []
    assert result.runs == 10
    assert len(result.covered) > 40


@pytest.mark.parametrize(
    ("broken", "sizes", "told"),
    [
        ({"order": "zap-first"}, NOT_AGAIN, "sub.active: 0 -> 1"),
        ({"refused": "zaps-anyway"}, REAPER, "pte"),
        ({"refused": "ends-again"}, REAPER, "notifier"),
        ({"also_takes": "mmap-lock"}, NOT_AGAIN, "self-deadlock"),
        ({"collect": "skipped"}, NOT_AGAIN, "range-collected"),
    ],
)
def test_a_kernel_that_breaks_a_rule_is_told_from_the_protocol(
    broken: Mapping[str, str], sizes: Mapping[str, int], told: str
) -> None:
    kept = view_of(ABSTRACTION, chosen_for(ABSTRACTION, {}, sizes))
    result = conform(ABSTRACTION, RandomWalk(1, 200), broken, sizes, against=kept)
    assert len(result.differences) == 1
    assert told in result.differences[0].message


@pytest.mark.parametrize(
    ("property", "options", "sizes", "check"),
    [
        ("no-dma-mapping-of-a-freed-page", {"read_retry": "skipped"}, NOT_AGAIN, "dma"),
        ("no-dma-mapping-of-a-freed-page", {"dma_unmap": "skipped"}, NOT_AGAIN, "dma"),
        ("no-gpu-mapping-of-a-freed-page", {"pages_valid": "skipped"}, NOT_AGAIN, "gpu-mapping"),
        ("no-gpu-mapping-of-a-freed-page", {"zap": "skipped"}, NOT_AGAIN, "gpu-mapping"),
        ("no-gpu-mapping-of-a-freed-page", {"refused": "zaps-anyway"}, REAPER, "gpu-mapping"),
        ("the-gpu-maps-only-what-is-mapped-for-dma", {"dma_unmap": "first"}, NOT_AGAIN, "gpu-mapping"),
        ("an-unmapped-range-is-collected", {"collect": "skipped"}, NOT_AGAIN, "range-collected"),
        ("no-unbalanced-notifier", {"refused": "ends-again"}, REAPER, "notifier"),
        ("no-self-deadlock", {"also_takes": "mmap-lock"}, NOT_AGAIN, "self-deadlock"),
        ("no-deadlock", {"also_takes": "svm-lock"}, NOT_AGAIN, "deadlock"),
        ("read-begin-returns", {}, {**PRESSURE, "invalidators": 2}, "livelock"),
    ],
)
def test_the_kernel_shows_the_same_failure(
    property: str, options: Mapping[str, str], sizes: Mapping[str, int], check: str
) -> None:
    assert shown(ABSTRACTION, property, options, sizes).check == check
