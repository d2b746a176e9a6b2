# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""However broken a protocol file is, the front end raises nothing but ProtocolError, with places inside the file."""

from __future__ import annotations

import ast
import contextlib
import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from svmcheck import model
from svmcheck.model.lang.codes import CODES
from svmcheck.model.lang.compile import compile_checked
from svmcheck.model.lang.diagnostics import Diagnostic, ProtocolError
from svmcheck.model.lang.load import load_protocol
from svmcheck.reports.diagnostics import plain_all

from .mutate import mutated

CPU_FAULT = Path(model.__file__).parent / "protocols" / "cpu_fault.py"


def texts() -> list[str]:
    """Where mutations start from: every example of the catalogue, and a shipped protocol."""
    shipped = CPU_FAULT.read_text().replace("from ..", "from svmcheck.model.")
    examples = [t for info in CODES.values() for t in (info.wrong, info.right) if t and t.isprintable is not None]
    return [*(t for t in examples if "\udce9" not in t), *[shipped] * 10]


TEXTS = texts()


def loops_when_loaded(text: str) -> bool:
    """Whether a while statement stands where the file is executed: that is Python, and may go on for ever."""
    try:
        work: list[ast.AST] = [ast.parse(text)]
    except (SyntaxError, ValueError):
        return False
    while work:
        node = work.pop()
        if isinstance(node, ast.While):
            return True
        if not isinstance(node, ast.FunctionDef):
            work += ast.iter_child_nodes(node)
    return False


def check(text: str, path: Path) -> None:
    """Load and compile every world of the text; whatever is said must render, with places and help."""
    path.write_text(text, encoding="utf-8", errors="replace")
    told: list[Diagnostic] = []
    try:
        protocol = load_protocol(path)
        for world in protocol.worlds:
            try:
                told += compile_checked(protocol, world).warnings
            except ProtocolError as error:
                told += error.diagnostics
    except ProtocolError as error:
        told += error.diagnostics
    lines = path.read_text(encoding="utf-8").split("\n")
    for diagnostic in told:
        check_places(diagnostic, path, lines)
    plain_all(told)


def check_places(diagnostic: Diagnostic, path: Path, lines: list[str]) -> None:
    assert diagnostic.code in CODES
    assert diagnostic.headline
    assert diagnostic.help
    for frame in (diagnostic.frame, *diagnostic.chain, *(label.frame for label in diagnostic.labels)):
        assert (1, 1) <= (frame.line, frame.column) < (frame.end_line, frame.end_column)
        if Path(frame.file).name == path.name:
            assert frame.end_line <= len(lines) + 1
            assert frame.column <= len(lines[min(frame.line, len(lines)) - 1]) + 1


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_mutated_files(seed: int) -> None:
    rng = random.Random(seed)
    text = mutated(rng.choice(TEXTS), rng, rng.randint(1, 3))
    assume(not loops_when_loaded(text))
    with tempfile.TemporaryDirectory() as folder:
        check(text, Path(folder) / "mutant.py")


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.py"
        path.write_bytes(data)
        with contextlib.suppress(ProtocolError):
            load_protocol(path)
