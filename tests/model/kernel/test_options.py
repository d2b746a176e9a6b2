# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of the kernel: each says what it decides, and reads of them can be noted."""

from __future__ import annotations

from itertools import pairwise

from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.options.reading import NAMES, reading
from svmcheck.model.kernel.scenario import choices, option_infos, option_text


def test_every_option_has_a_sentence_a_group_and_its_default_first() -> None:
    infos = option_infos()
    assert infos.keys() == choices().keys() == NAMES
    for name, info in infos.items():
        assert info.sentence.endswith("."), name
        assert info.group, name
        assert sorted(info.choices) == sorted(choices()[name])
        assert info.default == option_text(getattr(Config(), name))


def test_options_of_one_group_stand_together() -> None:
    groups = [info.group for info in option_infos().values()]
    assert len(set(groups)) == 1 + sum(one != other for one, other in pairwise(groups))


def test_reads_are_noted_and_values_kept() -> None:
    reads: set[str] = set()
    config = reading(Config(generation="g1", driver_lock=True), reads)
    assert isinstance(config, Config)
    assert not reads
    assert (config.generation, config.driver_lock) == ("g1", True)
    assert reads == {"generation", "driver_lock"}
    assert all(getattr(config, name) == getattr(Config(), name) for name in NAMES - reads)
    assert reads == NAMES
