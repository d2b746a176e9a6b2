# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck export``: where the text goes, and what cannot be exported."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from svmcheck.checker.cli.main import main

pytestmark = pytest.mark.usefixtures("front_end")


def export(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["export", *arguments])


def test_standard_output_has_the_model() -> None:
    result = export("locks.py", "--to", "promela", "--size", "threads=3")
    assert result.exit_code == 0
    assert result.stdout.count("active proctype") == 3


def test_one_property() -> None:
    assert "never" in export("locks.py", "--to", "promela", "--property", "gets-lock").stdout


def test_a_file_for_tlc_has_its_configuration_beside_it(front_end: Path) -> None:
    assert export("locks.py", "--to", "tla", "-o", "Lock_1.tla").exit_code == 0
    assert "MODULE Lock_1 " in (front_end / "Lock_1.tla").read_text()
    assert "SPECIFICATION Spec" in (front_end / "Lock_1.cfg").read_text()


def test_without_a_file_the_configuration_is_told_of() -> None:
    result = export("locks.py", "--to", "tla")
    assert "MODULE Model " in result.stdout
    assert ".cfg" in result.stderr


def test_what_cannot_be_said_is_bad_input() -> None:
    result = export("locks.py", "--to", "murphi", "--property", "gets-lock")
    assert result.exit_code == 2
    assert "no fairness" in result.stderr
    assert "help: export it to tla" in result.stderr


def test_an_unknown_property_is_bad_input() -> None:
    result = export("locks.py", "--to", "tla", "--property", "gets-lok")
    assert result.exit_code == 2
    assert "gets-lock" in result.stderr
