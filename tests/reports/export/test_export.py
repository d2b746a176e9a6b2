# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The three languages as text: one small program each, and what cannot be said."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from svmcheck.model.ir.expr import Binary
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import DEADLOCK, PARTIAL_DEADLOCK, SYSTEM_PROGRESS
from svmcheck.model.ir.types import EnumType, IntType, SetType
from svmcheck.reports.export.claims import CannotExport
from svmcheck.reports.export.formats import FORMATS, export
from tests.golden import check_golden
from tests.irbuild import (
    ME,
    Automaton,
    binary,
    bound,
    check,
    eq,
    invariant,
    load,
    local,
    mine,
    program,
    put,
    put_mine,
    quant,
    variable,
)
from tests.irprograms import contended_lock, increment_race
from tests.random_ir import random_program

COLOURS = SetType(EnumType("Colour", ("RED", "GREEN", "BLUE")), 0, 3)


def swapping() -> Program:
    """A little of everything: updates that read what they write, a set, a check, an array, a negative number."""
    p = Automaton("p.q", 2)
    p.edge(
        "start", "end", put("a", load("b", ME), ME), put("b", binary("-", load("a", ME), 3), ME),
        guard=binary("has", load("seen", type=COLOURS), ME),
        checks=(check(binary(">", load("a", ME), -6), when=eq(mine("p.q.x"), 0)),),
    )  # fmt: skip
    p.edge("end", "start", put("seen", Binary("with", load("seen", type=COLOURS), ME, COLOURS)), put_mine("p.q.x", 1))
    p.place("end", idle=True)
    cells = IntType(-8, 7)
    seen = replace(variable("seen"), type=COLOURS, initial=5)
    holds = invariant("small", quant("all", "i", 2, binary("<=", load("b", bound("i"), type=cells), 5)))
    arrays = (variable("a", 2, type=cells), variable("b", 2, type=cells, initial=-1))
    return program(p, variables=(*arrays, seen, local("p.q.x", p)), invariants=(holds,))


@pytest.mark.parametrize("to", FORMATS)
def test_a_little_of_everything(to: str) -> None:
    suffix = {"promela": "pml", "murphi": "m", "tla": "tla"}[to]
    check_golden(f"export/swapping.{suffix}", export(swapping(), to).text)


def test_a_goal_for_spin() -> None:
    check_golden("export/contended_goal.pml", export(contended_lock(strong=True), "promela", "gets-lock").text)


def test_tlc_is_told_what_to_check() -> None:
    beside = export(contended_lock(strong=True), "tla").beside
    assert beside is not None
    suffix, text = beside
    assert suffix == ".cfg"
    assert text.splitlines() == [
        "SPECIFICATION Spec",
        "CHECK_DEADLOCK FALSE",
        "INVARIANT no_deadlock",
        "PROPERTY gets_lock",
        "PROPERTY system_progress",
    ]


@pytest.mark.parametrize("strong", [True, False])
def test_tla_has_strong_fairness_where_the_program_has_it(strong: bool) -> None:
    text = export(contended_lock(strong), "tla").text
    assert ("SF_vars" in text) == strong
    assert "WF_vars" in text


def test_a_safety_property_of_tla_needs_no_fairness() -> None:
    assert "WF_vars" not in export(contended_lock(strong=True), "tla", DEADLOCK).text


def test_the_module_is_named_after_the_file() -> None:
    text = export(increment_race(2), "tla", name="Race").text
    assert re.match(r"-+ MODULE Race -+\n", text)
    assert text.endswith("=" * 80 + "\n")


def test_one_property_leaves_the_others_out() -> None:
    whole, alone = export(swapping(), "murphi").text, export(swapping(), "murphi", "small").text
    assert 'error "asserted' in whole
    assert 'error "asserted' not in alone
    assert 'invariant "small"' in alone
    assert "everybody may stay" not in alone


@pytest.mark.parametrize(
    ("to", "wanted", "what"),
    [
        ("promela", PARTIAL_DEADLOCK, "asks what stays reachable"),
        ("promela", SYSTEM_PROGRESS, "speaks of steps"),
        ("murphi", "gets-lock", "no fairness"),
        ("tla", "gets-lok", "no property"),
    ],
)
def test_what_a_language_cannot_say_is_refused(to: str, wanted: str, what: str) -> None:
    with pytest.raises(CannotExport, match=what) as refusal:
        export(contended_lock(strong=True), to, wanted)
    assert refusal.value.advice


@pytest.mark.parametrize("to", ["promela", "murphi"])
def test_a_set_too_wide_for_a_mask_is_refused(to: str) -> None:
    wide = replace(variable("wide"), type=SetType(COLOURS.element, 0, 32))
    p = Automaton("p").edge("a", "b").place("b", ends=True)
    with pytest.raises(CannotExport, match="wide is a set of 32"):
        export(program(p, variables=(wide,)), to)
    assert "wide = {}" in export(program(p, variables=(wide,)), "tla").text


WORDS = [("promela", "of"), ("promela", "register"), ("promela", "saved_0"), ("murphi", "Rule"), ("tla", "LET")]


@pytest.mark.parametrize(("to", "word"), WORDS)
def test_names_that_are_words_of_the_language_get_a_number(to: str, word: str) -> None:
    p = Automaton("do").edge("a", "b", put(word, 1)).place("b", ends=True)
    text = export(program(p, variables=(variable(word),)), to).text
    assert re.search(rf"\b{word}_2\b", text)
    assert not re.search(rf"\b{word}(\[.*\])?( |\x27) *:?= *1", text)


KNOWN = (
    "MODULE EXTENDS Integers FiniteSets VARIABLES RECURSIVE IF THEN ELSE LET IN CHOOSE TRUE FALSE EXCEPT UNCHANGED "
    "WF_vars SF_vars ENABLED Cardinality _ _vars A E in div cup cap"
)


@pytest.mark.parametrize("seed", range(40))
def test_tla_uses_only_names_it_defines(seed: int) -> None:
    text = export(random_program(seed, wide=seed % 5 == 0), "tla").text
    text = re.sub(r"\\\*.*", "", text)
    defined = set(re.findall(r"^(\w+)(?:\(.*?\))? ==", text, re.MULTILINE))
    variables = set(re.search(r"^VARIABLES (.*)$", text, re.MULTILINE)[1].split(", "))  # pyright: ignore[reportOptionalSubscript]
    bound = set(re.findall(r"(\w+) \\in", text)) | {"me", "other", "set", "mask", "bit", "Model", "vars"}
    used = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))
    assert used - set(KNOWN.split()) - defined - variables - bound == set()
    assert not variables & bound
    assert not variables & defined


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("seed", range(20))
def test_brackets_close_where_they_open(to: str, seed: int) -> None:
    text = export(random_program(seed), to).text
    for opening, closing in ("()", "[]", "{}"):
        assert text.count(opening) == text.count(closing)
