# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Malformed protocol files and the whole of what is said of each. The first line of a file names the codes it draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from svmcheck.model.lang.compile import compile_checked
from svmcheck.model.lang.diagnostics import Diagnostic, ProtocolError
from svmcheck.model.lang.load import load_protocol
from svmcheck.reports.diagnostics import plain_all
from tests.golden import check_golden

FOLDER = Path(__file__).parent / "bad"
FILES = sorted(path.stem for path in FOLDER.glob("*.py"))


def said_of(name: str) -> tuple[Diagnostic, ...]:
    try:
        return compile_checked(load_protocol(f"{name}.py")).warnings
    except ProtocolError as error:
        return error.diagnostics


def test_there_are_enough() -> None:
    assert len(FILES) >= 45


@pytest.mark.parametrize("name", FILES)
def test_bad_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    first = (FOLDER / f"{name}.py").read_bytes().split(b"\n")[0].decode()
    found = said_of(name)
    assert {d.code for d in found} == set(re.findall(r"SVM\d{3}", first))
    assert list(found) == sorted(found, key=lambda d: (d.frame.file, d.frame.line, d.frame.column, d.code))
    assert len(found) <= ProtocolError.MOST
    check_golden(f"lang/{name}.txt", plain_all(found))
