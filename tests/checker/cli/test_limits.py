# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Searches that end early, through the installed command: TRUNCATED with what was covered, and going on from there."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from svmcheck.checker.native.compile import NoCompiler, find_compiler
from tests.checker.cli.test_end_to_end import COMMAND, ENDLESS

ENGINES = ["reference", "native"]


@pytest.fixture
def dice(tmp_path: Path) -> Path:
    """A folder with a protocol of some hundreds of millions of states."""
    (tmp_path / "dice.py").write_text(ENDLESS)
    return tmp_path


def check(folder: Path, engine: str, *limits: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, document, and standard error."""
    if engine != "reference" and isinstance(find_compiler(), NoCompiler):
        pytest.skip("the native engine needs a C compiler")
    command = [*COMMAND, "check", "dice.py", "--engine", engine, "--no-reduction", *limits, "--json", "-"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("limit", "why"),
    [
        (("--states", "3000"), "stopped at the limit of 3,000 states"),
        (("--time", "1"), "stopped at the limit of 1 seconds"),
        (("--memory", "40M"), "stopped at the limit of 41,943,040 bytes of memory"),
    ],
)
def test_a_limit_truncates(engine: str, limit: tuple[str, str], why: str, dice: Path) -> None:
    status, document, told = check(dice, engine, *limit)
    assert status == 3
    results = document["results"]
    searched = [r for r in results if r["kind"] != "lock-order"]
    assert {(r["verdict"], r["message"]) for r in searched} == {("TRUNCATED", why)}
    assert all(r["states"] > 100 and r["transitions"] > 100 and r["depth"] > 0 for r in results)
    assert "Traceback" not in told


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_covered_is_told(engine: str, dice: Path) -> None:
    if engine != "reference" and isinstance(find_compiler(), NoCompiler):
        pytest.skip("the native engine needs a C compiler")
    command = [*COMMAND, "check", "dice.py", "--engine", engine, "--no-reduction", "--states", "2"]
    done = subprocess.run(command, cwd=dice, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "not yet taken: " in done.stdout
    assert "never taken: " not in done.stdout


def test_an_interrupt_truncates_a_native_search(dice: Path) -> None:
    if isinstance(find_compiler(), NoCompiler):
        pytest.skip("the native engine needs a C compiler")
    command = [*COMMAND, "check", "dice.py", "--engine", "native", "--json", "-", "--memory", "1G"]
    process = subprocess.Popen(command, cwd=dice, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while not process.stderr.readline().startswith("search: "):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert process.returncode == 130, stderr
    results = [r for r in json.loads(stdout)["results"] if r["kind"] != "lock-order"]
    assert {(r["verdict"], r["message"]) for r in results} == {("TRUNCATED", "interrupted")}
    assert all(r["states"] > 100 for r in results)


def counts(document: dict[str, Any]) -> set[tuple[int, int, int]]:
    return {(r["states"], r["transitions"], r["depth"]) for r in document["results"]}


def test_a_search_goes_on_from_its_checkpoint(dice: Path) -> None:
    _, first, _ = check(dice, "native", "--states", "50000", "--checkpoint", "kept")
    status, second, told = check(dice, "native", "--states", "50001", "--checkpoint", "kept", "--resume")
    assert status == 3
    assert "note: resumed from kept: " in told
    assert counts(second) == counts(first)
    _, third, _ = check(dice, "native", "--states", "300000", "--checkpoint", "kept", "--resume")
    assert min(counts(third)) > max(counts(first))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--checkpoint", "kept"], "kept: error: there is a checkpoint already\nhelp: add --resume"),
        (["--checkpoint", "kept", "--resume", "--size", "throwers=7"], "error: the checkpoint is of another program"),
        (["--resume"], "error: --resume needs --checkpoint DIR"),
        (["--checkpoint", "dice.py"], "dice.py: error: File exists"),
    ],
)
def test_a_checkpoint_that_does_not_fit(arguments: list[str], message: str, dice: Path) -> None:
    check(dice, "native", "--states", "5000", "--checkpoint", "kept")
    status, _, told = check(dice, "native", *arguments)
    assert status == 2
    assert message in told
    assert "Traceback" not in told


def test_fingerprints_tell_how_likely_a_miss_is(dice: Path) -> None:
    wide = ENDLESS.replace("bounded(0, 9)", "bounded(0, 2**20)").replace("8, most=8", "1, most=8")
    (dice / "dice.py").write_text(wide)
    status, document, told = check(dice, "native", "--fingerprint", "64", "--property", "no-deadlock")
    assert status == 0, told
    [result] = document["results"]
    assert result["verdict"] == "HOLDS"
    assert any("no two states have one fingerprint (probability " in text for text in result["assumptions"])
    assert check(dice, "native", "--fingerprint", "64", "--checkpoint", "kept")[0] == 2
