# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The sentence a violation is told with: a value that is not as demanded is named."""

from __future__ import annotations

import pytest

from svmcheck.model.lang.diagnostics import ProtocolError
from tests.model.lang.small import compiled, explored, sample

WORLD = "n = bounded(0, 3)\na = array(2, flag())\ns = bitset(4)\nt = bounded(0, 9, init=5)"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("k.n = k.n + k.t", "k.n leaves 0..3 (the value is 5)"),
        ("k.n = k.n - 1", "k.n leaves 0..3 (the value is -1)"),
        ("x = k.t\nk.n = x + 1", "k.n leaves 0..3 (the value is 6)"),
        ("with atomic():\n    k.t = 7\n    k.n = k.t + 1", "k.n leaves 0..3 (the value is 8)"),
        ("tries = counter(2, 0, 2)\ntries += 1\nk.n = tries", "tries leaves 0..2 (the value is 3)"),
        ("k.a[k.t] = True", "index k.t is outside 0..1 (the value is 5)"),
        ("k.s.add(k.t)", "k.t cannot be in the set (the value is 5)"),
    ],
)
def test_what_leaves_its_domain(body: str, message: str) -> None:
    assert explored(sample(body, WORLD, actor="1")).decide()["bounds"].message == message


def test_each_actor_has_its_own_value() -> None:
    body = "mine = k.t\nif mine == 6:\n    k.n = mine\nelse:\n    k.t = 6"
    assert explored(sample(body, WORLD)).decide()["bounds"].message == "k.n leaves 0..3 (the value is 6)"


def test_a_condition_without_a_value_is_told_alone() -> None:
    page = "class Page(Record):\n    dirty = flag()"
    body = "one = k.pages.alloc()\none.dirty = True\ntwo = k.pages.alloc()\ntwo.dirty = True"
    found = explored(sample(body, "pages = pool(Page, 1)", top=page, actor="1")).decide()["bounds"]
    assert found.message == "the pool is exhausted: all 1 records are allocated"


def test_the_first_state() -> None:
    setup = "@initial\ndef setup(k: Demo) -> None:\n    k.n = k.t"
    with pytest.raises(ProtocolError) as caught:
        compiled(sample("k.t = 1", WORLD, end=setup))
    (found,) = caught.value.diagnostics
    assert found.headline == "setting up the first state breaks bounds: k.n leaves 0..3 (the value is 5)"
