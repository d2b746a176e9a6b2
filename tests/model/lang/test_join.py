# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Paths of an atomic block that are joined where they meet: fewer edges, the same runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from svmcheck.model.ir.program import Program
from svmcheck.model.lang import onestep
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.diagnostics import ProtocolError

from .compare import compare_text, load_text
from .random_source import random_source
from .source_cases import CASES, PRELUDE

POOL = PRELUDE + """
@initial
def setup(k: W) -> None:
    k.cur = k.nodes.alloc()
    k.cur.next = k.nodes.alloc()

@process
def writer(k: W) -> None:
    k.cur.v = choose(0, 1, 2)
    k.b = choose(False, True)
    i = choose(0, 2)
    k.bs.add(i)
"""


@pytest.fixture(autouse=True)
def joined_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever two paths can be joined they are, however few there are."""
    monkeypatch.setattr(onestep, "MOST_APART", 1)


def compiled(body: str, folder: Path) -> Program:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    text = f"{POOL}\n@process\ndef atomically(k: W) -> None:\n    with atomic():\n{lines}"
    compared = compare_text(text, folder)
    assert compared.complete
    assert compared.differences == ()
    return compile_program(load_text(text, folder))


def edges(program: Program) -> int:
    return len(next(p for p in program.processes if p.name == "atomically").edges)


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("for p in k.nodes:\n    if p.v == 1:\n        p.v = 2\nk.x = 1", 1),
        ("for i in range(2):\n    if i in k.bs:\n        k.y += 1", 1),
        ("if k.b:\n    k.x = 1\nelif k.cur.v == 1:\n    k.y = 1\nelse:\n    k.x = 2\n    k.y = 2", 1),
        ("if k.alt != null:\n    k.alt.v = 1\nk.nodes[0].v = 2", 1),
        ("if k.b:\n    k.alt = k.cur\nelse:\n    k.nodes[1].v = 1\nif k.alt != null:\n    k.alt.v = 2", 1),
        ("if k.b:\n    k.cur.v = 0\nk.cur.next.v = k.cur.v", 1),
        ("if k.b:\n    k.nodes.free(k.cur)\nk.x = 1", 1),
        ("if k.b:\n    assert k.cur.v != 1\n    k.x = 1\nelse:\n    k.y = 1", 1),
    ],
)  # fmt: skip
def test_one_edge_for_all_outcomes_of_tests(body: str, number: int, tmp_path: Path) -> None:
    assert edges(compiled(body, tmp_path)) == number


@pytest.mark.parametrize(
    "body",
    [
        "k.x = choose(1, 2)",
        'if k.b:\n    cover("here")\nk.x = 1',
        "if k.b:\n    k.m.lock()\nk.x = 1",
    ],
    ids=["choices exclude nothing", "covers", "locks"],
)
def test_what_cannot_be_told_as_one_stays_apart(body: str, tmp_path: Path) -> None:
    assert edges(compiled(body, tmp_path)) >= 2


def test_a_loop_that_ends_by_what_each_path_knows(tmp_path: Path) -> None:
    body = "n = counter(0, 0, 2)\nif k.b:\n    n = 1\nwhile n < 2:\n    k.y = n\n    n += 1"
    assert edges(compiled(body, tmp_path)) <= 2


def test_cost_grows_with_the_tests_and_not_with_their_combinations(tmp_path: Path) -> None:
    head = PRELUDE.replace("pool(Node, 2)", "pool(Node, 12)")
    loop = "        for p in k.nodes:\n            if p.v == 1:\n                p.v = 2\n"
    text = f"{head}@process\ndef a(k: W) -> None:\n    with atomic():\n{loop}        k.x = 1\n"
    program = compile_program(load_text(text, tmp_path))
    assert sum(len(p.edges) for p in program.processes) == 1


@pytest.mark.parametrize("name", CASES)
def test_points_of_the_language(name: str, tmp_path: Path) -> None:
    assert compare_text(PRELUDE + CASES[name], tmp_path).differences == ()


@pytest.mark.parametrize("seed", range(1450, 1500))
def test_random_programs(seed: int, tmp_path: Path) -> None:
    try:
        compared = compare_text(random_source(seed), tmp_path, 150)
    except ProtocolError:
        pytest.skip("the compiler refuses it")
    assert compared.differences == ()


def test_what_one_answer_demands_is_not_demanded_of_another(tmp_path: Path) -> None:
    """Found by a random program: paths that exclude each other by a test may have parted before, at a choice."""
    body = "i = choose(k.alt.v, 0)\nif k.b:\n    k.x = 1\nelse:\n    k.x = 2\nk.y = i"
    compiled(body, tmp_path)
