# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck replay FILE --in-kernel``: counterexamples of a protocol, shown by the executable kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from svmcheck.checker.cli.main import main


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def checked(*arguments: str) -> Result:
    """``check`` into a file, which is then driven."""
    assert invoke("check", *arguments, "--json", "out.json").exit_code == 1
    return invoke("replay", "out.json", "--in-kernel")


def test_a_failure_is_shown_with_a_token_that_shows_it_again() -> None:
    options = ("--set", "generation=g0", "--size", "cpu_threads=2")
    result = checked("cpu-fault", *options, "--property", "no-use-after-free")
    assert result.exit_code == 1
    assert "no-use-after-free: shown by the executable kernel (cpu-fault): use-after-free" in result.stdout
    (token,) = re.findall(r"again: svmcheck replay (\S+)", result.stdout)
    again = invoke("replay", token)
    assert again.exit_code == 1
    assert "use-after-free: counterexample" in again.stdout


def test_a_livelock_is_shown_as_a_loop() -> None:
    options = ("--set", "generation=g1", "--set", "driver_lock=true", "--set", "urgent_refault=true")
    result = checked("cpu-fault", *options, "--size", "cpu_threads=2", "--property", "fault-completes")
    assert result.exit_code == 1
    assert "fault-completes: shown by the executable kernel (cpu-fault): the loop" in result.stdout
    assert "repeat for ever" in result.stdout
    (token,) = re.findall(r"again: svmcheck replay (\S+)", result.stdout)
    assert invoke("replay", token).exit_code == 1


def test_other_sizes_are_told() -> None:
    result = checked("gpu-fault", "--set", "zap=skipped", "--property", "no-gpu-mapping-of-a-freed-page")
    assert result.exit_code == 1
    assert "the executable kernel stands for the protocol with ram_pages=4, vram_pages=2" in result.stderr
    assert "shown by the executable kernel (gpu-fault-as-protocol): gpu-mapping" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("userptr", "--variant", "build-sg-unlocked"), "has no counterpart of userptr.py"),
        (("cpu-fault", "--set", "generation=g1", "--size", "hmm_threads=1", "--size", "cpu_threads=2"),
         "has no counterpart of hmm_threads=1"),
    ],
)  # fmt: skip
def test_what_the_kernel_has_no_counterpart_of(arguments: tuple[str, ...], told: str) -> None:
    result = checked(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_run_of_the_kernel_is_one_already() -> None:
    options = ("--set", "generation=g0", "--size", "cpu_threads=2", "--runs", "200")
    assert invoke("run", "cpu-fault", *options, "--json", "run.json").exit_code == 1
    result = invoke("replay", "run.json", "--in-kernel")
    assert result.exit_code == 2
    assert "this is a run of the executable kernel already" in result.stderr
