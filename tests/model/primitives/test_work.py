# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What stops a work item that queues itself again, what only waits for one run, and what the calls return."""

from __future__ import annotations

import pytest

from tests.model.primitives.deciding import (
    Variant,
    engines_disagree,
    results,
    steps_to,
    undecided,
    variant,
    violated,
)

FLUSHED = variant("works", "Teardown", by="flush", again="once")
STOPPED = variant("works", "Teardown", by="cancel-sync", again="maybe", workers=2)
FORGOTTEN = variant("works", "Nested", enables="once-less")
TOO_OFTEN = variant("works", "TooOften")
LET_GO = variant("works", "LetGo")
CROSSING = variant("works", "Crossing")


@pytest.mark.parametrize("again", ["always", "once", "maybe", "never"])
@pytest.mark.parametrize("by", ["cancel-sync", "disable-sync"])
def test_what_stops_an_item_stops_one_that_queues_itself(by: str, again: str) -> None:
    chosen = variant("works", "Teardown", by=by, again=again)
    assert violated(chosen) == {}
    assert undecided(chosen) == set()


def test_so_it_does_beside_two_workers() -> None:
    assert violated(STOPPED) == {}


@pytest.mark.parametrize("again", ["always", "once", "maybe"])
def test_flushing_waits_for_no_run_that_was_asked_for_later(again: str) -> None:
    chosen = variant("works", "Teardown", by="flush", again=again)
    assert set(violated(chosen)) == {"no-use-after-free"}


def test_flushing_waits_for_the_last_run() -> None:
    chosen = variant("works", "Teardown", by="flush", again="never")
    assert violated(chosen) == {}
    assert undecided(chosen) == set()


def test_the_run_that_flushing_missed_is_found_without_detours() -> None:
    """Begin, touch, flush, test, note, queue, end, flush returns, free, begin, touch."""
    assert steps_to("no-use-after-free", FLUSHED) == 11


@pytest.mark.parametrize("by", ["cancel", "disable", "nothing"])
def test_taking_an_item_off_the_queue_does_not_wait_for_its_run(by: str) -> None:
    chosen = variant("works", "Teardown", by=by, again="never")
    assert set(violated(chosen)) == {"no-use-after-free"}


@pytest.mark.parametrize("by", ["flush", "cancel-sync", "disable-sync"])
def test_an_item_that_waits_for_its_own_end_hangs(by: str) -> None:
    assert set(violated(variant("works", "Own", by=by))) == {"no-deadlock"}


def test_an_item_may_take_itself_off_the_queue() -> None:
    assert violated(variant("works", "Own", by="cancel")) == {}


def test_an_item_runs_once_at_a_time() -> None:
    assert violated(variant("works", "Twice")) == {}


def test_disabling_nests() -> None:
    assert violated(variant("works", "Nested", enables="as-often")) == {}


def test_an_item_that_was_enabled_less_often_than_disabled_is_lost() -> None:
    assert set(violated(FORGOTTEN)) == {"no-deadlock", "system-progress", "timeout-runs"}
    assert "waits at works.py" in violated(FORGOTTEN)["no-deadlock"]


def test_an_item_enabled_more_often_than_disabled() -> None:
    found = violated(variant("works", "Nested", enables="once-more"))
    assert "is not disabled" in found["no-unbalanced-enable"]


def test_more_than_seven_that_disable_are_a_violation() -> None:
    assert set(violated(TOO_OFTEN)) == {"bounds"}
    assert violated(variant("works", "TooOften", depth=7)) == {}


@pytest.mark.parametrize("chosen", [variant("works", "Answers"), CROSSING])
def test_what_the_calls_return(chosen: Variant) -> None:
    assert violated(chosen) == {}
    assert {r.verdict.name for name, r in results(chosen).items() if name.startswith("cover:")} == {"HOLDS"}


def test_who_waits_for_a_run_that_is_cancelled_is_let_go() -> None:
    assert violated(LET_GO) == {}


def test_nobody_is_remembered_where_nobody_waits() -> None:
    """The pairs of queued and running, and the place of one who queues for ever."""
    assert results(variant("works", "Endless"))["no-deadlock"].states == 4


def test_the_engines_agree() -> None:
    assert engines_disagree([FLUSHED, STOPPED, FORGOTTEN, TOO_OFTEN, LET_GO, CROSSING]) == []
