# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A kept program is the one that would be compiled now, or it is compiled now."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from svmcheck.checker.compiled import compile_cached
from svmcheck.checker.selection import Selection, select

ORACLE = Path(__file__).parents[1] / "oracles/increment_race.py"
MADE, FOUND = "compiled, kept for the next time", "from the cache"


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A protocol file of some age, and an empty cache."""
    monkeypatch.setenv("SVMCHECK_CACHE", str(tmp_path / "cache"))
    return written(tmp_path / "race.py", ORACLE.read_text())


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    os.utime(path, (1e9, 1e9))
    return path


def told(selection: Selection) -> str:
    return compile_cached(selection).source


def entry(source: Path) -> Path:
    [found] = (source.parent / "cache/programs").iterdir()
    return found


def test_the_second_time_it_is_found_and_equal(source: Path) -> None:
    first = compile_cached(select(str(source)))
    second = compile_cached(select(str(source)))
    assert (first.source, second.source) == (MADE, FOUND)
    assert first.compiled == second.compiled


def test_a_changed_source_is_another_program(source: Path) -> None:
    told(select(str(source)))
    written(source, f"{ORACLE.read_text()}\n# changed\n")
    assert told(select(str(source))) == MADE


def test_sizes_are_part_of_it(source: Path) -> None:
    selection = select(str(source))
    name, size = next(iter(selection.world.sizes.items()))
    assert told(selection) == MADE
    assert told(select(str(source), sizes={name: size.default + 1})) == MADE
    assert told(select(str(source), sizes={name: size.default + 1})) == FOUND


def test_a_file_that_has_just_changed_is_not_kept(source: Path) -> None:
    os.utime(source)
    assert "just changed" in told(select(str(source)))
    assert not (source.parent / "cache/programs").exists()


@pytest.mark.parametrize("line", ["import os", "from random import Random", "TEXT = open(__file__).read()"])
def test_what_may_depend_on_anything_else_is_not_kept(source: Path, line: str) -> None:
    head, future, rest = ORACLE.read_text().partition("from __future__ import annotations\n")
    written(source, f"{head}{future}{line}\n{rest}")
    assert "could change" in told(select(str(source)))


def test_a_file_beside_it_is_part_of_it(source: Path) -> None:
    head, future, rest = ORACLE.read_text().partition("from __future__ import annotations\n")
    beside = written(source.parent / "beside_the_race.py", "NUMBER = 1\n")
    written(source, f"{head}{future}from beside_the_race import NUMBER\n{rest}")
    assert [told(select(str(source))) for _ in range(2)] == [MADE, FOUND]
    written(beside, "NUMBER = 2\n")
    assert told(select(str(source))) == MADE


@pytest.mark.parametrize("content", [b"", b"\0" * 32, b"no digest at all" * 9])
def test_a_damaged_entry_is_compiled_anew(source: Path, content: bytes) -> None:
    told(select(str(source)))
    entry(source).write_bytes(content)
    assert told(select(str(source))) == MADE
    assert told(select(str(source))) == FOUND


def test_an_entry_makes_nothing_but_our_own_values(source: Path) -> None:
    import hashlib

    told(select(str(source)))
    content = pickle.dumps(os.system)
    entry(source).write_bytes(hashlib.sha256(content).digest() + content)
    assert told(select(str(source))) == MADE


def test_a_cache_that_cannot_be_written_is_none(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = source.parent / "file"
    blocked.write_text("")
    monkeypatch.setenv("SVMCHECK_CACHE", str(blocked))
    assert told(select(str(source))) == "compiled, not kept"
