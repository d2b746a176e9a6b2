# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Ghosts may be arrays, whichever way round they are declared, and protocol code may not read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.diagnostics import ProtocolError
from svmcheck.model.lang.load import load_protocol

TEXT = """
from svmcheck.model.lang import Size, World, array, flag, ghost, invariant, me, process


class Seen(World):
    n = Size(2)
    x = flag()
    one = ghost(flag())
    outside = ghost(array(n, flag()))
    within = array(n, ghost(flag()))


@process(Seen.n)
def actor(k: Seen) -> None:
    k.x = {value}
    k.one = True
    k.outside[me()] = True
    k.within[me()] = k.outside[me()]


@invariant
def both_are_alike(k: Seen) -> bool:
    return all(k.outside[p] == k.within[p] for p in actor)
"""


def write(folder: Path, value: str) -> Path:
    path = folder / "seen.py"
    path.write_text(TEXT.format(value=value))
    return path


def test_a_ghost_array_is_written_without_a_step_of_its_own(tmp_path: Path) -> None:
    program = compile_program(load_protocol(write(tmp_path, "True")))
    (edge,) = program.processes[0].edges
    assert {u.var for u in edge.updates} == {"x", "one", "outside", "within"}
    assert {v.name for v in program.variables if v.ghost} == {"one", "outside", "within"}


@pytest.mark.parametrize(
    "value",
    ["k.one", "k.outside[me()]", "k.within[me()]", "any(g for g in k.within)", "any(k.outside[p] for p in actor)"],
)
def test_protocol_code_may_not_read_a_ghost(tmp_path: Path, value: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        compile_program(load_protocol(write(tmp_path, value)))
    assert {d.code for d in caught.value.diagnostics} == {"SVM208"}
