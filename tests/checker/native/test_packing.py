# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Packed states: every cell has bits of its own, and comes back as it went in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svmcheck.checker.native.packing import Packing, Unsupported, pack_program
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.types import BOOL, IntType, SetType
from tests.irbuild import Automaton, const, pids, program, put, variable

DOMAINS = st.tuples(st.integers(-9, 9), st.integers(0, 2**20), st.lists(st.integers(1, 9), max_size=2))


def of(*shapes: tuple[int, int, list[int]]) -> Program:
    """Variables by (lowest value, further values, dimensions)."""
    lone = Automaton("lone", 3).edge("a", "b").edge("b", "c")
    named = (variable(f"v{k}", *dims, type=IntType(lo, lo + more)) for k, (lo, more, dims) in enumerate(shapes))
    return program(lone, variables=tuple(named))


def bits(packing: Packing) -> list[tuple[int, int]]:
    """(word, bit) of every bit of every cell."""
    fields = (*packing.locations, *packing.variables.values())
    places = [(f, *f.place(k)) for f in fields for k in range(f.count)]
    return [(word, shift + b) for f, word, shift in places for b in range(f.width)]


@given(st.lists(DOMAINS, max_size=8))
def test_no_bit_is_used_twice(shapes: list[tuple[int, int, list[int]]]) -> None:
    packing = pack_program(of(*shapes))
    used = bits(packing)
    assert len(used) == len(set(used))
    assert all(0 <= word < packing.words and 0 <= bit < 64 for word, bit in used)


@given(st.lists(DOMAINS, max_size=5), st.data())
def test_round_trip(shapes: list[tuple[int, int, list[int]]], data: st.DataObject) -> None:
    packing = pack_program(of(*shapes))
    fields = (*packing.locations, *packing.variables.values())
    state = tuple(data.draw(st.integers(f.lo, f.hi)) for f in fields for _ in range(f.count))
    assert packing.unpack(packing.pack(state)) == state


def test_value_outside_its_domain_is_refused() -> None:
    packing = pack_program(of((1, 2, [])))
    with pytest.raises(ValueError, match="cell 3"):
        packing.pack((0, 0, 0, 9))


def test_130_bits_take_three_words() -> None:
    lone = Automaton("lone").edge("a", "a", put("f", 1, const(0)))
    flags = program(lone, variables=(variable("f", 130, type=BOOL),))
    assert pack_program(flags).words == 3


def test_one_value_takes_no_room() -> None:
    assert (
        bits(pack_program(program(Automaton("lone").edge("a", "a"), variables=(variable("v", type=IntType(5, 5)),))))
        == []
    )


def test_cells_too_wide_for_arithmetic_are_refused() -> None:
    wide = variable("v", type=SetType(IntType(0, 63), 0, 63))
    with pytest.raises(Unsupported, match="v needs 63 bits"):
        pack_program(program(Automaton("lone").edge("a", "a", put("v", 1)), variables=(wide,)))


def test_what_no_step_writes_takes_no_room() -> None:
    lone = Automaton("lone").edge("a", "a")
    packing = pack_program(program(lone, variables=(variable("x", 3, initial=7), variable("who", type=pids(lone)))))
    assert bits(packing) == []
    assert packing.unpack(packing.pack((0, 7, 7, 7, 0))) == (0, 7, 7, 7, 0)


def test_who_is_named_may_be_renamed() -> None:
    lone = Automaton("lone", 2).edge("a", "a")
    who = variable("who", type=pids(lone), initial=1)
    assert pack_program(program(lone, variables=(who,))).variables["who"].width == 2
