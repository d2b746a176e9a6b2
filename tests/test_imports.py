# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What may not be loaded: the first answer of a command line tool must not wait for what it does not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"rich", "jinja2", "networkx", "numpy", "scipy", "z3", "graphviz", "multiprocessing", "asyncio", "hypothesis"}
ENGINES = {f"svmcheck.checker.{name}" for name in ("reference", "native", "symbolic", "liveness")}
COMMANDS = {f"svmcheck.checker.cli.{name}" for name in ("show", "check", "lockorder", "gate", "replay", "explain")}
LANGUAGE = {"svmcheck.model.lang", "svmcheck.specs.catalogue"}


def loaded(code: str) -> set[str]:
    """The modules a fresh interpreter has after running some code, also if it ends by sys.exit."""
    program = f"import atexit, sys\natexit.register(lambda: print('\\n@', *sys.modules))\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rsplit("@", 1)[1].split())


def command(*arguments: str) -> str:
    return f"import sys; sys.argv = {['svmcheck', *arguments]!r}\nfrom svmcheck.checker.cli.main import run; run()"


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import svmcheck.model", HEAVY | {"click"}),
        ("import svmcheck.model.ir.program, svmcheck.model.trace", HEAVY | {"click"}),
        (command("--help"), HEAVY | ENGINES | COMMANDS | LANGUAGE | {"svmcheck.checker.cli.list"}),
        (command("--version"), HEAVY | ENGINES | COMMANDS | LANGUAGE),
        (command("list"), HEAVY | ENGINES | COMMANDS),
        (command("list", "--json"), HEAVY | ENGINES | COMMANDS),
        (command("check", "--help"), HEAVY | ENGINES),
        (command("gate", "--help"), HEAVY | ENGINES),
    ],
)
def test_what_may_not_be_loaded(code: str, forbidden: set[str]) -> None:
    assert loaded(code) & forbidden == set()
