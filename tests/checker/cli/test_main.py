# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The entry point: commands are found, and every failure has its message and its exit status."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner, Result

from svmcheck.checker.cli import main as cli
from svmcheck.checker.selection import BadRequest
from svmcheck.model.ir.program import Frame
from svmcheck.model.lang.diagnostics import Diagnostic, ProtocolError

RUN = "from svmcheck.checker.cli.main import run; run()"


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments)


def test_help_names_every_command() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    for name in cli.COMMANDS:
        assert f"  {name} " in result.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = invoke(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {name}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chek"], 'there is no command "chek"\nhelp: did you mean "check"?'),
        (["frobnicate"], 'there is no command "frobnicate"\nhelp: the commands can be: list, show'),
        (["check"], "Missing argument 'TARGET'"),
        (["check", "x", "--enginee", "native"], "No such option"),
        (["check", "x", "--engine", "warp"], "'warp' is not one of"),
        (["check", "x", "--workers", "0"], "not in the range x>=1"),
        (["check", "x", "--states", "many"], "not a valid integer"),
        (["check", "x", "--time", "soon"], 'write for example 90, 10m or 1.5h'),
        (["check", "x", "--memory", "lots"], "write for example 512M or 4G"),
        (["check", "x", "--set", "urgent"], "not of the form NAME=VALUE"),
        (["check", "x", "--size", "threads=two"], '"two" is not an integer'),
        (["explain", "SVM99999"], 'there is no error code "SVM99999"'),
        (["replay", "missing.json"], "missing.json: error: No such file or directory\nhelp: check the path"),
        (["replay", "/"], "/: error: is a directory, not a JSON report"),
        (["gate", "missing.toml"], "missing.toml: error: cannot be read: No such file or directory"),
        (["check", "x", "--json", "/"], "/: error: is a directory"),
        (["check", "x", "--report", "/dev/null"], "/dev/null: error: is a file, and a report needs a folder"),
    ],
)
def test_bad_command_lines(arguments: list[str], message: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def failing(error: BaseException) -> Callable[[str, str], object]:
    """An ``import_module`` that gives a command which raises the error."""

    @click.command()
    def command() -> None:
        raise error

    return lambda name, package: type("Module", (), {"command": command})


FRAME = Frame("p.py", 3, 5, 3, 9, "f")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (BadRequest("what", "do this", "here"), 2, "here: error: what\nhelp: do this\n"),
        (ProtocolError((Diagnostic("SVM101", "unknown name", FRAME, "write it right"),)), 2,
         "p.py:3:5: error[SVM101]: unknown name"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "standard output: error: No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "f.json"), 2, "f.json: error: Permission denied\nhelp:"),
        (MemoryError(), 2, "error: not enough memory\nhelp: smaller sizes"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (ValueError("odd\nmore"), 70, "internal error: ValueError: odd\nhelp: this is a mistake in svmcheck"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)  # fmt: skip
def test_every_failure_is_told(
    error: BaseException, status: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "import_module", failing(error))
    result = invoke("list")
    assert result.exit_code == status
    assert result.stderr.startswith(message)
    assert "Traceback" not in result.stderr


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "import_module", failing(ValueError("odd")))
    result = invoke("--debug", "list")
    assert result.exit_code == 70
    assert "Traceback" in result.stderr


def test_a_reader_who_leaves_is_no_error() -> None:
    code = f"import sys; sys.argv = ['svmcheck', 'explain', 'all']\n{RUN}"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() in (0, 141)  # 0 only while there is nothing to list


def test_a_full_disk_is_told() -> None:
    code = f"import sys; sys.argv = ['svmcheck', 'list', '--json']\n{RUN}"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "standard output: error: No space left on device\nhelp: make room, or write somewhere else\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list"], ["run"], ["run", "--help"], ["run", "p2p-revoke"], ["run", "p2p-revoke", "--json", "-"],
     ["check", "cpu-fault", "--size", "cpu_threads=1"], ["no-such-command"], ["check", "no-such-file.py"]],
)  # fmt: skip
def test_nobody_reads_and_no_status_says_that_something_was_found(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = f"import sys; sys.argv = ['svmcheck', *{arguments!r}]\n{RUN}"
    done = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=writer, check=False)
    os.close(writer)
    assert done.returncode == 141
