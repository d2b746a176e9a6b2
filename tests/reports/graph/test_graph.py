# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Dot sources and their pictures, with and without graphviz."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svmcheck.model.ir.expr import Binary
from svmcheck.model.ir.types import BOOL
from svmcheck.model.trace import Change, Step, Trace
from svmcheck.reports.graph import dot
from svmcheck.reports.graph.automaton import LONGEST_GUARD, automata, automaton
from svmcheck.reports.graph.counterexample import counterexample
from svmcheck.reports.graph.render import render, svg
from tests.golden import check_golden
from tests.reports.examples import EVICTOR, FAULT, NULL, OWNER, PROGRAM, equal, finite, livelock, stuck

NASTY = 'a"b\\n\\l</title>;]}\n<b>\\'
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")


def test_automaton() -> None:
    check_golden("graph/automaton.gv", automaton(PROGRAM, FAULT))


def test_automaton_with_a_path() -> None:
    check_golden("graph/automaton_path.gv", automaton(PROGRAM, FAULT, livelock()))


def test_a_guard_that_would_fill_the_page_is_cut_beside_its_edge_and_whole_in_its_tooltip() -> None:
    free = equal(OWNER, NULL)
    first = replace(FAULT.edges[0], guard=reduce(lambda left, right: Binary("and", left, right, BOOL), [free] * 40))
    fault = replace(FAULT, edges=(first, *FAULT.edges[1:]))
    text = automaton(replace(PROGRAM, processes=(fault, EVICTOR)), fault)
    drawn = next(line for line in text.splitlines() if "...]" in line)
    label, tooltip = (drawn.partition(f'{name}="')[2].partition('"')[0] for name in ("[label", " tooltip"))
    assert len(label) < LONGEST_GUARD + 100
    assert label.startswith("  " + first.label)
    assert tooltip.count("ptl.owner == null") == 40


def test_every_class_has_one() -> None:
    assert automata(PROGRAM) == {p.name: automaton(PROGRAM, p) for p in (FAULT, EVICTOR)}


def test_a_step_is_marked_in_the_class_of_its_process_only() -> None:
    trace = replace(finite(), steps=(Step("evictor", 2, 0, "wait(...)", (), ()),))
    assert "step 1" not in automaton(PROGRAM, FAULT, trace)


@pytest.mark.parametrize(("name", "trace"), [("livelock", livelock()), ("finite", finite()), ("stuck", stuck())])
def test_counterexample(name: str, trace: Trace) -> None:
    check_golden(f"graph/{name}.gv", counterexample(trace, name))


def test_a_lasso_is_closed_by_its_last_step() -> None:
    text = counterexample(livelock())
    assert '"15" -> "8"' in text
    assert '"16"' not in text


@given(st.text())
def test_a_quoted_text_ends_where_it_should(text: str) -> None:
    quoted = dot.quote(text)
    inner = quoted[1:-1].replace("\\\\", "").replace('\\"', "")
    assert quoted[0] == quoted[-1] == '"'
    assert '"' not in inner
    assert "\\" not in inner
    assert "\n" not in inner


@needs_dot
def test_dot_reads_texts_of_any_kind() -> None:
    step = Step(NASTY, 0, 0, NASTY, (), (Change(NASTY, NASTY, NASTY),))
    picture = svg(counterexample(Trace(0, ((NASTY, NASTY),), (NASTY,), (step,), None, NASTY), NASTY))
    assert picture is not None
    assert "<b>" not in picture


@needs_dot
@pytest.mark.parametrize(("suffix", "magic"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_pictures(suffix: str, magic: bytes, tmp_path: Path) -> None:
    done = render(counterexample(livelock()), tmp_path / "new" / f"x.{suffix}")
    assert done.picture is not None
    assert done.picture.read_bytes().startswith(magic)
    assert done.source == tmp_path / "new" / "x.gv"


def test_without_dot_the_source_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    text = counterexample(livelock())
    done = render(text, tmp_path / "x.svg")
    assert done.picture is None
    assert done.source.read_text(encoding="utf-8") == text
    assert done.message == f"dot is not installed: apt-get install graphviz; the source is in {tmp_path / 'x.gv'}"
    assert svg(text) is None


@needs_dot
def test_what_dot_refuses_is_told(tmp_path: Path) -> None:
    done = render("digraph {", tmp_path / "x.svg")
    assert done.picture is None
    assert done.message.startswith("dot failed: ")
    assert not (tmp_path / "x.svg").exists()
