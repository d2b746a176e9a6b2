# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where a suspended call stands, as it is seen from what it called."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from svmcheck.checker.schedule.frames import Activation, activation


def _looking(seen: list[Activation]) -> Iterator[bool]:
    """Its caller's place, seen through a builtin function."""
    seen.append(activation(sys._getframe(1)))
    yield True


def _through_a_builtin(seen: list[Activation]) -> None:
    for number in (1, 2):
        assert all(_looking(seen)), number


def test_a_place_is_the_same_once_the_interpreter_has_specialised_the_call() -> None:
    seen: list[Activation] = []
    for _ in range(100):
        _through_a_builtin(seen)
    assert len({place.lasti for place in seen}) == 1
    assert {len(place.temporaries or ()) for place in seen} == {len(seen[-1].temporaries or ())}
