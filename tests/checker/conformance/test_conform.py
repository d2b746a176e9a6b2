# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Runs of the executable kernel are runs of its protocols, and those of a broken kernel are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest

from svmcheck.checker.conformance.conform import Undecided, chosen_for, conform, view_of
from svmcheck.checker.conformance.view import Unobservable
from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.checker.schedule.strategies.pos import Pos
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel.abstraction import load
from svmcheck.model.kernel.scenario import World

ABSTRACTIONS = load()


@pytest.mark.parametrize(
    ("protocol", "options", "sizes"),
    [
        ("cpu-fault", {"generation": "g1"}, {"cpu_threads": 3}),
        ("cpu-fault", {"generation": "g1", "driver_lock": "true"}, {"cpu_threads": 2}),
        ("cpu-fault", {"generation": "g2"}, {"cpu_threads": 3}),
        ("cpu-fault", {"generation": "g3"}, {"cpu_threads": 2, "mappings": 2}),
        ("cpu-fault", {"generation": "g3", "entry_wait": "reference"}, {"cpu_threads": 2}),
        ("eviction", {}, {"cpu_threads": 1}),
        ("eviction", {}, {"cpu_threads": 1, "unmappers": 1}),
        ("eviction", {}, {"cpu_threads": 1, "evictors": 2}),
        ("eviction", {}, {"cpu_threads": 1, "evictors": 0, "window": 2, "unmappers": 1}),
        ("gpu-fault", {"placement": "system"}, {"unmappers": 1}),
        ("gpu-fault", {}, {}),
        ("gpu-fault", {"placement": "vram-only"}, {"evictors": 1}),
        ("backpointer", {}, {"remappers": 1}),
        ("backpointer", {"driver": "nouveau"}, {}),
        ("backpointer", {"driver": "amdkfd"}, {"parent_gpus": 0, "remappers": 1}),
    ],
)
def test_the_kernel_does_what_its_protocol_does(
    protocol: str, options: Mapping[str, str], sizes: Mapping[str, int]
) -> None:
    result = conform(ABSTRACTIONS[protocol], Pos(7, 15), options, sizes)
    assert [difference.message for difference in result.differences] == []
    assert result.runs == 15
    assert len(result.covered) > 20


@pytest.mark.parametrize(
    ("protocol", "rules", "broken", "sizes", "told"),
    [
        ("cpu-fault", {"generation": "g1"}, {"generation": "g0"}, {}, "DEVICE -> MIGRATION"),
        ("cpu-fault", {"generation": "g2"}, {"generation": "g1"}, {}, "refs.count"),
        ("cpu-fault", {"generation": "g1"}, {"generation": "g2"}, {}, "lock.owner"),
        ("cpu-fault", {"generation": "g3"}, {"generation": "g0"}, {}, "lock.owner"),
        ("cpu-fault", {"generation": "g2"}, {"generation": "g3"}, {}, "waiters.waiting"),
        ("cpu-fault", {}, {"release": "put-then-unlock"}, {}, "page-lock"),
        ("cpu-fault", {}, {"fault_page": "missing"}, {}, "refs.count"),
        ("cpu-fault", {}, {"driver_lock": "true"}, {}, "driver.owner"),
        ("cpu-fault", {}, {"entry_wait": "reference"}, {}, "refs.count"),
        ("cpu-fault", {}, {"data_put": "page-free-and-fault"}, {}, "devmem-detached"),
        ("eviction", {}, {"generation": "g1"}, {}, "refs.count"),
        ("eviction", {}, {"entry_wait": "reference"}, {}, "refs.count"),
        ("eviction", {}, {"fault_page": "missing"}, {}, "refs.count"),
        ("eviction", {}, {"evict_failure": "ignored"}, {}, "devmem-detached"),
        ("eviction", {}, {"find": "address-lookup"}, {}, "lock-order"),
        ("gpu-fault", {}, {"zap": "skipped"}, {}, "gpu-mapping"),
        ("gpu-fault", {}, {"dma_unmap": "skipped"}, {}, "dma[0] something (closest: null)"),
        ("gpu-fault", {}, {"read_retry": "skipped"}, {}, "free and still mapped for DMA"),
        ("gpu-fault", {}, {"pages_valid": "skipped"}, {}, "gpu-mapping"),
        ("gpu-fault", {"placement": "system"}, {"placement": "prefer-vram"}, {}, "pte"),
        ("backpointer", {}, {"driver": "nouveau"}, {}, "gpte"),
        ("backpointer", {}, {"data_written": "at-gpu-fault"}, {}, "backpointer"),
        ("eviction", {}, {"migrate_window": "whole"}, {"window": 2, "evictors": 0}, "DEVICE -> MIGRATION"),
    ],
)
def test_a_kernel_that_breaks_a_rule_is_told_from_the_protocol(
    protocol: str, rules: Mapping[str, str], broken: Mapping[str, str], sizes: Mapping[str, int], told: str
) -> None:
    abstraction = ABSTRACTIONS[protocol]
    kept = view_of(abstraction, chosen_for(abstraction, rules, sizes))
    for strategy in (RandomWalk(1, 60), Pos(2, 300)):
        result = conform(abstraction, strategy, {**rules, **broken}, sizes, against=kept)
        if result.differences:
            break
    assert [told in difference.message for difference in result.differences] == [True], result.differences


def test_every_step_of_the_protocol_is_met() -> None:
    result = conform(ABSTRACTIONS["cpu-fault"], RandomWalk(1, 100), {"generation": "g1"}, {"cpu_threads": 3})
    assert result.missed(ReferenceEngine()) == []


def test_steps_that_no_run_has_met_are_named() -> None:
    result = conform(ABSTRACTIONS["cpu-fault"], RandomWalk(1, 1), {"generation": "g1"}, {"cpu_threads": 2})
    missed = [result.label(edge) for edge in result.missed(ReferenceEngine())]
    assert missed
    assert all(text.startswith("cpu_fault, line ") for text in missed)


def test_what_can_be_met_may_be_unknown() -> None:
    result = conform(ABSTRACTIONS["cpu-fault"], RandomWalk(1, 1), {}, {"cpu_threads": 2})
    with pytest.raises(Undecided, match="more states"):
        result.missed(ReferenceEngine(), Limits(states=10))


def _nothing_but(cell: str, value: object, world: World) -> dict[str, object]:
    return {cell: value}


@pytest.mark.parametrize(
    ("cell", "value", "told"),
    [("maps[7].pte", "RAM", "has no maps"), ("maps[0].pte", "SWAPPED", "cannot be 'SWAPPED'")],
)
def test_an_abstraction_that_names_what_there_is_not(cell: str, value: str, told: str) -> None:
    wrong = replace(ABSTRACTIONS["cpu-fault"], observe=partial(_nothing_but, cell, value))
    with pytest.raises(Unobservable, match=told):
        conform(wrong, RandomWalk(1, 1))
