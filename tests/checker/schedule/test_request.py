# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.checker.schedule.request import choose, scenarios, version
from svmcheck.checker.selection import BadRequest
from svmcheck.model.kernel.scenario import choices
from tests.checker.schedule import miniature


def test_options_and_sizes_have_defaults() -> None:
    found = choose("cpu-fault")
    assert dict(found.sizes)["cpu_threads"] == 2
    assert found.config.generation == "g3"


def test_what_is_asked_for_is_what_runs() -> None:
    found = choose("cpu-fault", {"generation": "G1", "driver_lock": "yes"}, {"cpu_threads": 3})
    assert dict(found.options)["driver_lock"] == "true"
    assert (found.config.generation, found.config.driver_lock) == ("g1", True)
    assert dict(found.sizes)["cpu_threads"] == 3


@pytest.mark.parametrize(
    ("name", "options", "sizes", "what", "advice"),
    [
        ("cpu-falt", {}, {}, 'no scenario "cpu-falt"', 'did you mean "cpu-fault"?'),
        ("cpu-fault", {"genration": "g1"}, {}, 'no option "genration"', 'did you mean "generation"?'),
        ("cpu-fault", {"generation": "g9"}, {}, 'cannot be "g9"', "g1"),
        ("cpu-fault", {"cpu_threads": "3"}, {}, "is a size", "--size cpu_threads=3"),
        ("cpu-fault", {}, {"generation": 1}, "is an option", "--set generation=1"),
        ("cpu-fault", {}, {"cpu_thread": 1}, 'no size "cpu_thread"', 'did you mean "cpu_threads"?'),
        ("cpu-fault", {}, {"cpu_threads": 0}, "cannot be 0", "from 1 to 8"),
    ],
)
def test_what_does_not_exist_is_told_with_what_does(
    name: str, options: dict[str, str], sizes: dict[str, int], what: str, advice: str
) -> None:
    with pytest.raises(BadRequest) as error:
        choose(name, options, sizes)
    assert what in error.value.what
    assert advice in error.value.advice


def test_every_scenario_can_be_set_up_with_its_defaults() -> None:
    """Options that a scenario names exist, and its default sizes are allowed."""
    known = choices()
    for name, found in scenarios().items():
        assert found.doc, name
        assert set(found.defaults) <= set(known), name
        assert all(size.least <= size.default <= size.most for size in found.sizes.values()), name
        if not name.startswith("tiny-"):
            assert choose(name).config is not None


def test_the_version_follows_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert version(miniature.FAULT) == version(miniature.RACE)
    copy = tmp_path / "miniature.py"
    copy.write_text(Path(miniature.__file__).read_text() + "\n# changed\n")
    monkeypatch.setattr("inspect.getsourcefile", lambda _: str(copy))
    changed = version(miniature.FAULT)
    monkeypatch.undo()
    assert changed != version(miniature.FAULT)
