# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The advice for a name that does not exist."""

from __future__ import annotations

from svmcheck.specs.suggest import suggest


def test_a_near_miss() -> None:
    assert suggest("fualt", ["evict", "fault"], "targets") == 'did you mean "fault"?'


def test_nothing_near_lists_what_there_is_once() -> None:
    assert suggest("x", ["evict", "fault", "evict"], "targets") == "the targets can be: evict, fault"


def test_nothing_at_all() -> None:
    assert suggest("x", [], "targets") == "there are no targets here"
