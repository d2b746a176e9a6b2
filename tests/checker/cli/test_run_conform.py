# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck run SCENARIO --conform``: what it says, and its exit status."""

from __future__ import annotations

from click.testing import CliRunner, Result

from svmcheck.checker.cli.main import main


def conform(*arguments: str) -> Result:
    return CliRunner().invoke(main, ("run", *arguments, "--conform"))


def test_runs_that_conform_are_no_proof() -> None:
    result = conform("cpu-fault", "--set", "generation=g1", "--strategy", "random", "--runs", "1")
    assert result.exit_code == 3
    assert "CONFORMS to cpu-fault in every run (1)" in result.stdout
    assert "steps of the protocol were met" in result.stdout
    assert "not met: cpu_fault, line " in result.stdout


def test_a_run_that_differs_is_told() -> None:
    result = conform("cpu-fault", "--set", "data_put=page-free-and-fault", "--runs", "50")
    assert result.exit_code == 1
    assert "DIFFERS from cpu-fault in run 1: the run fails (devmem-detached" in result.stdout
    assert "CONFORMS" not in result.stdout


def test_a_scenario_without_a_protocol() -> None:
    result = conform("gpu-svm")
    assert result.exit_code == 2
    assert "gpu-svm has no protocol that it could be compared with" in result.stderr
    assert "eviction-as-protocol" in result.stderr


def test_a_choice_that_the_protocol_does_not_have() -> None:
    result = conform("gpu-fault-as-protocol", "--set", "zap=flushed-first")
    assert result.exit_code == 2
    assert '"gpu-fault" does not know zap=flushed-first' in result.stderr


def test_it_stops_after_a_time() -> None:
    result = conform("cpu-fault", "--runs", "1000000", "--time", "0.2s")
    assert result.exit_code == 3
    assert "CONFORMS" in result.stdout
