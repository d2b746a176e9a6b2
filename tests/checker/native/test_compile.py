# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The compiler and the cache: found or not, fresh or not, whole or not."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from svmcheck.checker.native import compile as subject
from svmcheck.checker.native.compile import Built, NoCompiler, build, build_known, cache_folder, digest_of

SOURCE = "int answer(void) { return 42; }\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SVMCHECK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "native"


def built(source: str = SOURCE) -> Built:
    result = build((source,))
    assert isinstance(result, Built), result
    return result


def test_compiles_once(cache: Path) -> None:
    first, second = built(), built()
    assert (first.compiled, second.compiled) == (True, False)
    assert first.path == second.path
    assert [path.name for path in cache.iterdir()] == [first.path.name]  # and nothing left behind


def test_other_source_or_flags_are_another_entry(cache: Path) -> None:
    other_flags = build((SOURCE,), ("-O0",))
    assert isinstance(other_flags, Built)
    assert len({built().path, built(SOURCE + " ").path, other_flags.path}) == 3


@pytest.mark.parametrize("keep", [0, 100, -1])
def test_damaged_entry_is_compiled_anew(cache: Path, keep: int) -> None:
    path = built().path
    path.write_bytes(path.read_bytes()[:keep])
    again = built()
    assert again.compiled
    assert not built().compiled


def test_other_compiler_is_another_entry(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = built()
    wrapper = tmp_path / "wrapped-cc"
    wrapper.write_text('#!/bin/sh\nexec cc "$@"\n')
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CC", str(wrapper))
    assert built().path != first.path


def test_no_compiler(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_installed(name: str) -> str:
        raise subject.PackageNotFoundError(name)

    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(subject, "version", not_installed)
    result = build((SOURCE,))
    assert isinstance(result, NoCompiler)
    assert "ziglang" in result.remedy


def test_compiler_that_fails(cache: Path) -> None:
    result = build(("this is no C\n",))
    assert isinstance(result, NoCompiler)
    assert "failed: " in result.reason
    assert list(cache.iterdir()) == []


def test_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SVMCHECK_CACHE", str(blocked))
    assert built().path.exists()


def test_old_entries_go(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "KEPT", 2)
    for number in range(4):
        newest = built(f"int number(void) {{ return {number}; }}\n").path
    assert newest in list(cache.iterdir())
    assert len(list(cache.iterdir())) == 2


def test_place_of_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SVMCHECK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/svmcheck/native")


def test_translation_units_are_linked_together(cache: Path) -> None:
    import ctypes

    made = build(("int half(void); int answer(void) { return 2 * half(); }\n", "int half(void) { return 21; }\n"))
    assert isinstance(made, Built), made
    assert ctypes.CDLL(str(made.path)).answer() == 42
    assert [path.name for path in cache.iterdir()] == [made.path.name]


def test_a_mistake_in_any_translation_unit_is_told(cache: Path) -> None:
    result = build((SOURCE, "this is no C\n"))
    assert isinstance(result, NoCompiler)
    assert "failed" in result.reason


def test_known_sources_are_not_asked_for(cache: Path) -> None:
    first = built()

    def sources() -> tuple[str, ...]:
        raise AssertionError("asked for")

    assert build_known(digest_of((SOURCE,)), sources, ()) == Built(first.path, compiled=False)
