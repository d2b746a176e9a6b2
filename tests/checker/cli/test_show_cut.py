# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck show`` of a shipped protocol, whose steps are too long for a line."""

from __future__ import annotations

from click.testing import CliRunner

from svmcheck.checker.cli.main import main


def test_long_steps_are_cut_and_it_is_said_where_they_are_whole() -> None:
    result = CliRunner().invoke(main, ["show", "gpu-fault"])
    assert max(map(len, result.stdout.splitlines())) <= 58 + 3 + 300
    assert "steps that end in ... are longer: --ir has them whole" in result.stderr
    whole = CliRunner().invoke(main, ["show", "gpu-fault", "--ir"])
    assert max(map(len, whole.stdout.splitlines())) > 1000
