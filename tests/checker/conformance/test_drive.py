# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Counterexamples of the protocols happen in the executable kernel too, where the rule is broken, and only there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from svmcheck.checker.conformance.conform import chosen_for, view_of
from svmcheck.checker.conformance.drive import Lost, drive
from svmcheck.checker.conformance.path import Path
from svmcheck.checker.conformance.view import View
from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.runtime import Runtime
from svmcheck.checker.schedule.strategies.replay import Replay
from svmcheck.model.kernel.abstraction import load
from svmcheck.model.run import run as play
from tests.checker.conformance.shown import shown, violating

ABSTRACTIONS = load()


def view(protocol: str, options: Mapping[str, str], sizes: Mapping[str, int]) -> View:
    return view_of(ABSTRACTIONS[protocol], chosen_for(ABSTRACTIONS[protocol], options, sizes))


@pytest.mark.parametrize(
    ("protocol", "property", "options", "sizes", "check"),
    [
        ("cpu-fault", "no-use-after-free", {"generation": "g0"}, {"cpu_threads": 2}, "use-after-free"),
        ("cpu-fault", "no-free-of-busy-object", {"generation": "g2", "release": "put-then-unlock"}, {}, "page-lock"),
        ("cpu-fault", "fault-completes", {"generation": "g1"}, {"cpu_threads": 2}, "livelock"),
        ("cpu-fault", "fault-completes", {"generation": "g1", "fault_page": "missing"}, {}, "livelock"),
        ("cpu-fault", "fault-completes", {"generation": "g3", "entry_wait": "reference"}, {}, "livelock"),
        (
            "cpu-fault",
            "fault-completes",
            {"generation": "g1", "driver_lock": "true", "urgent_refault": "true"},
            {"cpu_threads": 2},
            "livelock",
        ),
        ("eviction", "no-deadlock", {"find": "address-lookup"}, {"unmappers": 1}, "deadlock"),
        (
            "backpointer",
            "no-gpu-mapping-of-a-freed-page",
            {"driver": "recorded-address"},
            {"remappers": 1},
            "gpu-mapping",
        ),
        (
            "backpointer",
            "zone-device-data-is-what-it-was-at-init",
            {"data_written": "at-gpu-fault"},
            {},
            "backpointer",
        ),
        ("backpointer", "zone-device-data-outlives-the-page", {"data_reference": "none"}, {}, "use-after-free"),
        (
            "backpointer",
            "no-use-after-free",
            {"driver": "nouveau"},
            {"cpu_threads": 0, "forks": 1, "exits": 1, "parent_gpus": 0},
            "use-after-free",
        ),
        (
            "backpointer",
            "an-access-to-a-mapped-page-never-ends-in-sigbus",
            {"driver": "amdkfd"},
            {"remappers": 1},
            "sigbus",
        ),
        ("gpu-fault", "no-gpu-mapping-of-a-freed-page", {"zap": "skipped"}, {}, "gpu-mapping"),
        ("gpu-fault", "no-gpu-mapping-of-a-freed-page", {"pages_valid": "skipped"}, {}, "gpu-mapping"),
        ("gpu-fault", "no-dma-mapping-of-a-freed-page", {"dma_unmap": "skipped"}, {}, "dma"),
    ],
)
def test_the_kernel_shows_the_same_failure(
    protocol: str, property: str, options: Mapping[str, str], sizes: Mapping[str, int], check: str
) -> None:
    driven = shown(ABSTRACTIONS[protocol], property, options, sizes)
    assert driven.check == check
    assert (driven.loop is not None) == (check == "livelock")
    chosen = chosen_for(ABSTRACTIONS[protocol], options, sizes)
    again = Runtime(Greenlets(), Replay(driven.schedule)).run(chosen.setup)
    if check != "livelock":
        assert again.failure is not None
        assert again.failure.check == check


@pytest.mark.parametrize(
    ("property", "options", "fixed"),
    [
        ("no-use-after-free", {"generation": "g0"}, {"generation": "g3"}),
        ("fault-completes", {"generation": "g1", "fault_page": "missing"}, {"generation": "g1"}),
    ],
)
def test_a_kernel_that_keeps_the_rule_does_not(
    property: str, options: Mapping[str, str], fixed: Mapping[str, str]
) -> None:
    sizes = {"cpu_threads": 1 if property == "fault-completes" else 2}
    broken = view("cpu-fault", options, sizes)
    lost = drive(broken, violating(broken, property), property, fixed, sizes, most_runs=150)
    assert isinstance(lost, Lost)
    assert lost.furthest < lost.length


def test_a_path_that_is_taken_in_its_own_order_has_its_own_states() -> None:
    seen = view("cpu-fault", {"generation": "g0"}, {"cpu_threads": 2})
    schedule = violating(seen, "no-use-after-free")
    path, states = Path(seen, schedule), play(seen.semantics, schedule).states
    place = path.start
    for mover, _ in path.steps[:-1]:
        onward = list(path.onward(place, mover, exact=True))
        assert onward[0] == place
        place = onward[1]
        assert place.state == states[sum(place.taken)]
    assert path.finished(path.start) is None  # the last step violates the property: it leads nowhere
