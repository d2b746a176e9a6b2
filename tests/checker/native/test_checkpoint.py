# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A search that was killed goes on from its checkpoint and comes to the answer it would have come to."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from svmcheck.checker.engine import Keeping, Limits, Outcome, Tick
from svmcheck.checker.native import checkpoint, engine
from svmcheck.checker.native.engine import NativeEngine
from svmcheck.checker.native.identity import program_digest
from svmcheck.checker.selection import BadRequest
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties
from tests.checker.native.test_search import counters
from tests.irbuild import both, const, eq, invariant, load, negated

KILLS = 5
ROOT = Path(__file__).parents[3]
HEADER = "checkpoint"


def racing() -> Program:
    """Five counters; that two of them are never full at once is wrong, and first so in the middle of the search."""
    both_full = both(eq(load("n", const(0)), 6), eq(load("n", const(1)), 6))
    return replace(counters(5, 6), invariants=(invariant("one-at-a-time", negated(both_full)),))


def decided(keeping: Keeping | None = None, given: Program | None = None, **limits: float) -> Outcome:
    return searched(lambda tick: None, keeping, given, Limits(**limits))  # pyright: ignore[reportArgumentType]


def searched(
    progress: Callable[[Tick], None],
    keeping: Keeping | None,
    given: Program | None = None,
    limits: Limits | None = None,
) -> Outcome:
    given = given or racing()
    return NativeEngine(1, keeping=keeping).decide(given, properties(given), limits or Limits(), progress)


def answer(outcome: Outcome) -> str:
    """Everything but the time it took and what is told about the checkpoint."""
    results = tuple(replace(r, seconds=0.0) for r in outcome.results)
    return repr((results, outcome.coverage, outcome.states, outcome.transitions, outcome.depth))


def always(folder: Path, *, resume: bool = False) -> Keeping:
    return Keeping(folder, resume, 0.0)


@pytest.fixture(autouse=True)
def _pause_after_every_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE", 0)


def cut(folder: Path) -> None:
    """Leave a checkpoint of the middle of the search."""
    stopped = decided(always(folder), states=8000)
    assert 0 < stopped.states < decided().states


# ---- killed


def child(folder: str) -> None:
    """The search in a process of its own: slow, with a checkpoint at every pause."""
    engine.SLICE_SECONDS = 0.0
    checkpoint.SHARE = 0
    outcome = searched(lambda tick: time.sleep(0.02), Keeping(Path(folder), resume=True, seconds=0.0))
    print(answer(outcome), *outcome.notes, sep="\n")


def started(folder: Path) -> subprocess.Popen[str]:
    code = "import sys; from tests.checker.native.test_checkpoint import child; child(sys.argv[1])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def header(folder: Path) -> bytes:
    try:
        return (folder / HEADER).read_bytes()
    except FileNotFoundError:
        return b""


def test_killed_at_any_moment_and_resumed(tmp_path: Path) -> None:
    random = Random(7)
    expected = answer(decided())
    for _ in range(KILLS):
        process = started(tmp_path)
        before = header(tmp_path)
        while process.poll() is None and header(tmp_path) == before:
            time.sleep(0.001)
        time.sleep(random.uniform(0.0, 0.06))
        assert process.poll() is None, "it was to be killed in the middle"
        process.kill()
        process.communicate()
        assert header(tmp_path) != before
    process = started(tmp_path)
    told, _ = process.communicate()
    assert told.splitlines()[0] == expected
    assert "resumed from" in told


def test_every_checkpoint_of_a_search_leads_to_its_answer(tmp_path: Path) -> None:
    expected = answer(decided())
    folder, copies = tmp_path / "kept", tmp_path / "copies"

    def copy(tick: Tick) -> None:
        target = copies / str(tick.depth)
        target.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            (target / path.name).write_bytes(path.read_bytes())

    assert answer(searched(copy, always(folder))) == expected
    found = sorted(copies.iterdir())
    assert len(found) > 20
    for kept in found[::4]:
        assert answer(decided(always(kept, resume=True))) == expected


def test_a_limit_can_be_raised(tmp_path: Path) -> None:
    cut(tmp_path)
    resumed = decided(always(tmp_path, resume=True))
    assert answer(resumed) == answer(decided())
    assert resumed.notes[0].startswith(f"resumed from {tmp_path}: ")


def test_a_finished_search_is_only_read_again(tmp_path: Path) -> None:
    expected = answer(decided(always(tmp_path)))
    files = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert answer(decided(always(tmp_path, resume=True))) == expected
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files


def test_nothing_to_resume(tmp_path: Path) -> None:
    outcome = decided(always(tmp_path / "new", resume=True))
    assert outcome.notes == (f"nothing to resume in {tmp_path / 'new'}: the search begins at the beginning",)


def test_states_are_written_once(tmp_path: Path) -> None:
    states = decided(always(tmp_path)).states
    segments = [path.stat().st_size for path in tmp_path.glob("states-*")]
    assert len(segments) > 10
    levels = 31 * 16 * 4
    assert sum(segments) <= states * (8 + 4) + levels


# ---- refused


def refused(folder: Path, given: Program | None = None, *, resume: bool = True) -> str:
    with pytest.raises(BadRequest) as error:
        decided(always(folder, resume=resume), given)
    return f"{error.value.where}: {error.value.what}; {error.value.advice}"


def test_another_program(tmp_path: Path) -> None:
    cut(tmp_path)
    assert "another program" in refused(tmp_path, counters(5, 6))


def test_another_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut(tmp_path)
    monkeypatch.setattr("svmcheck.checker.native.header.version", lambda name: "0.0.7")
    assert "another engine" in refused(tmp_path)


def test_without_resume_a_checkpoint_is_not_written_over(tmp_path: Path) -> None:
    cut(tmp_path)
    assert "add --resume" in refused(tmp_path, resume=False)


@pytest.mark.parametrize("name", [HEADER, "states-000003"])
@pytest.mark.parametrize("damage", ["shorter", "flipped", "longer", "empty"])
def test_damaged(tmp_path: Path, name: str, damage: str) -> None:
    cut(tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    flipped = bytes([content[0], content[1] ^ 4]) + content[2:]
    changed = {"shorter": content[:-5], "flipped": flipped, "longer": content + b"\0", "empty": b""}
    path.write_bytes(changed[damage])
    assert "damaged" in refused(tmp_path)


def test_missing_segment(tmp_path: Path) -> None:
    cut(tmp_path)
    (tmp_path / "states-000001").unlink()
    assert "damaged" in refused(tmp_path)


def test_one_search_at_a_time(tmp_path: Path) -> None:
    seen: list[str] = []

    def meanwhile(tick: Tick) -> None:
        if not seen:
            seen.append(refused(tmp_path))

    searched(meanwhile, always(tmp_path))
    assert "another search" in seen[0]


def test_what_a_killed_process_left_over_goes(tmp_path: Path) -> None:
    cut(tmp_path)
    left_over = tmp_path / "states-999999"
    left_over.write_bytes(b"half a segm")
    assert answer(decided(always(tmp_path, resume=True))) == answer(decided())
    assert not left_over.exists()


# ---- a full disk


def test_a_full_disk_is_told_and_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, remarks = [0], list[str]()

    def full(file: int) -> None:
        calls[0] += 1
        if calls[0] > 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def tick(tick: Tick) -> None:
        remarks.extend(filter(None, [tick.remark]))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        outcome = searched(tick, always(tmp_path))
    assert answer(outcome) == answer(decided())
    assert remarks[0] == f"no checkpoint in {tmp_path}: No space left on device; the one before is whole"
    assert outcome.notes == (remarks[0],)
    resumed = decided(always(tmp_path, resume=True))
    assert "resumed" in resumed.notes[0]
    assert answer(resumed) == answer(outcome)


# ---- identity


def test_digests_of_programs() -> None:
    assert program_digest(counters(3, 4)) == program_digest(counters(3, 4)) != program_digest(counters(3, 5))
