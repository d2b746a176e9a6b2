# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The collector is left as it was found, whatever happens."""

from __future__ import annotations

import gc

import pytest

from svmcheck.checker.schedule.garbage import YOUNG, rare_collections


def test_the_collector_is_left_as_it_was_found() -> None:
    before = gc.get_threshold()
    with pytest.raises(KeyError), rare_collections():
        assert gc.get_threshold() == (YOUNG, *before[1:])
        raise KeyError
    assert gc.get_threshold() == before
