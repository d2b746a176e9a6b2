# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The compiler means what the language says: compiled programs against a direct interpreter of their source.

Both sides give the shared states that can be reached, those in which nobody can move (with the goals that are owed
there), whether one of them is a deadlock, and the properties that are violated. All have to be equal.

Where docs/language.md leaves it open, both sides hold: operands are evaluated from left to right, and what is read
before a call is read in one step with its arguments; ``x += y`` reads both in one step; of ``choose`` only the option
that is chosen is evaluated; a quantifier looks at all its elements. An assertion right in front of a pending or
urgent block or of ``rest()`` is a step of its own. The compiler drops tests whose outcome is known to it; the direct
interpreter takes a step for them, which shows in no state but in when ghosts are set: ghosts are compared in the end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.diagnostics import ProtocolError

from .compare import compare_text, load_text
from .random_source import random_source
from .source_cases import CASES, PRELUDE


@pytest.mark.parametrize("name", CASES)
def test_a_point_of_the_language(name: str, tmp_path: Path) -> None:
    compared = compare_text(PRELUDE + CASES[name], tmp_path)
    assert compared.complete
    assert compared.differences == ()
    assert compared.direct.terminal or compared.direct.violated


@pytest.mark.parametrize("seed", range(100))
def test_random_programs(seed: int, tmp_path: Path) -> None:
    try:
        compared = compare_text(random_source(seed), tmp_path, 150)
    except ProtocolError:
        pytest.skip("the compiler refuses it")
    if not compared.complete:
        pytest.skip("too large for the default run")
    assert compared.differences == ()


REFUSED = {
    "SVM202": """
def f(k: W, z: bool) -> None:
    if z:
        t = k.x
    if k.b or z:
        k.y = t
@process
def a(k: W) -> None:
    f(k, True)
    k.b = True
    f(k, False)
""",
    "SVM255": """
def f(k: W, c: Cell) -> None:
    if k.b:
        c = k.cells[1]
    c.f = True
@process
def a(k: W) -> None:
    f(k, k.cells[0])
""",
    "SVM314": """
@process
def a(k: W) -> None:
    for i in range(2):
        i = 1
        k.arr[i] = 1
""",
    "SVM110": """
@process
def cells(k: W) -> None:
    f = k.b
    k.y = 1
    k.b = f
""",
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_would_mean_something_else_is_refused(code: str, tmp_path: Path) -> None:
    """A local that only an earlier call has set, a parameter that names a record, a loop variable, an actor's name:
    what Python makes of them is not compiled."""
    with pytest.raises(ProtocolError) as caught:
        compile_program(load_text(PRELUDE + REFUSED[code], tmp_path))
    assert {d.code for d in caught.value.diagnostics} == {code}
