# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Every code: raised somewhere, in the catalogue, drawn by its wrong file and by nothing in its right one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from svmcheck.model.lang import codes
from svmcheck.model.lang.codes import CODES
from svmcheck.model.lang.compile import compile_checked
from svmcheck.model.lang.diagnostics import Diagnostic, ProtocolError
from svmcheck.model.lang.load import load_protocol

SOURCES = Path(codes.__file__).parents[1]


def diagnostics(path: Path, request: str = "") -> Iterable[Diagnostic]:
    """Everything the front end says of a file."""
    options: dict[str, str] = dict(re.findall(r"--set (\w+)=(\w+)", request))
    sizes = {name: int(value) for name, value in re.findall(r"--size (\w+)=(\d+)", request)}
    world = request.partition(":")[2] or None
    try:
        protocol = load_protocol(path)
        done = compile_checked(protocol, world, options, sizes)
        return done.warnings
    except ProtocolError as error:
        return error.diagnostics


def written(text: str, folder: Path) -> Path:
    path = folder / "example.py"
    if text:
        path.write_bytes(text.encode("utf-8", "surrogateescape" if "\udce9" in text else "strict"))
    return path


@pytest.mark.parametrize("code", CODES)
def test_the_wrong_file_draws_the_code_and_no_other(code: str, tmp_path: Path) -> None:
    info = CODES[code]
    found = diagnostics(written(info.wrong, tmp_path), info.request)
    assert {d.code for d in found} == {code}, [d.headline for d in found]


@pytest.mark.parametrize("code", CODES)
def test_the_right_file_draws_nothing(code: str, tmp_path: Path) -> None:
    assert [f"{d.code}: {d.headline}" for d in diagnostics(written(CODES[code].right, tmp_path))] == []


@pytest.mark.parametrize("code", CODES)
def test_an_entry_is_worth_reading(code: str) -> None:
    info = CODES[code]
    assert re.fullmatch(r"SVM\d{3}", code)
    assert info.headline
    assert not info.headline.endswith(".")
    assert 1 <= len(re.findall(r"[.:](?:\s|$)", info.explanation)) <= 6
    assert len(info.explanation) > 60
    assert info.right != info.wrong or info.request


def test_the_catalogue_is_what_the_sources_raise() -> None:
    raised: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        if path.parent.name != "codes":
            raised |= set(re.findall(r'"(SVM\d{3})"', path.read_text()))
    assert raised == set(CODES)
