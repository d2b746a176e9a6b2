# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Published models, written again in the protocol language, have the published numbers of states and transitions.

The protocol files are in tests/oracles; each says where it comes from and what its steps are. States are distinct
reachable states, the initial ones included; transitions include those that lead back to the same state. SPIN counts the
initial state among the transitions, TLC among the generated states: theirs are one more than ours for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Verdict

ORACLES = Path(__file__).parent.parent / "oracles"

Row = tuple[str, dict[str, int], int, int]  # file, sizes, states, transitions

PUBLISHED: list[Row] = [
    ("increment_race", {"threads": 2}, 13, 14),
    ("increment_race", {"threads": 3}, 84, 111),
    ("increment_race", {"threads": 4}, 755, 1_156),
    ("increment_locked", {"threads": 2}, 17, 16),
    ("increment_locked", {"threads": 3}, 61, 60),
    ("two_phase_commit", {"managers": 3}, 288, 1_145),
    ("two_phase_commit", {"managers": 5}, 8_832, 58_145),
    ("dekker", {}, 100, 200),
    ("peterson", {}, 26, 52),
    ("peterson_n", {"contenders": 3}, 882, 2_646),
    ("mcs_lock", {"contenders": 2}, 159, 318),
    ("mcs_lock", {"contenders": 3}, 7_597, 22_791),
]

# As SPIN 6.5.2 counts them without partial-order reduction. The transitions of qrcu are published with its states,
# those of atomic_increment come from a run of SPIN.
SPIN: list[Row] = [
    ("atomic_increment", {"incrementers": 2}, 59, 96),
    ("atomic_increment", {"incrementers": 3}, 422, 866),
    ("atomic_increment", {"incrementers": 4}, 3_926, 9_790),
    ("atomic_increment", {"incrementers": 5}, 44_696, 131_635),
    ("qrcu", {"readers": 1}, 445, 772),
    ("qrcu", {"readers": 2}, 8_255, 19_870),
]

# Up to renaming of interchangeable processes. Transitions where they are published: Murphi's rules fired.
SYMMETRIC: list[tuple[str, dict[str, int], int, int | None]] = [
    ("increment_race", {"threads": 2}, 8, None),
    ("increment_race", {"threads": 3}, 22, None),
    ("increment_race", {"threads": 4}, 63, None),
    ("increment_locked", {"threads": 2}, 9, None),
    ("increment_locked", {"threads": 3}, 13, None),
    ("two_phase_commit", {"managers": 3}, 80, None),
    ("two_phase_commit", {"managers": 5}, 314, None),
    ("peterson", {}, 13, 26),
    ("peterson_n", {"contenders": 3}, 172, 516),
    ("mcs_lock", {"contenders": 2}, 81, 162),
    ("mcs_lock", {"contenders": 3}, 1_285, 3_855),
]

# Where the language's own way, or the algorithm as it was meant, counts differently from the published model.
DIFFERENT_ON_PURPOSE: list[tuple[str, dict[str, int], dict[str, str], int, int]] = [
    # The published models remember for ever what a thread read; a local is forgotten after its last use.
    ("increment_race", {"threads": 2}, {"seen": "local"}, 12, 14),
    ("increment_race", {"threads": 3}, {"seen": "local"}, 59, 99),
    ("increment_locked", {"threads": 2}, {"seen": "local"}, 16, 16),
    ("increment_locked", {"threads": 3}, {"seen": "local"}, 44, 48),
    # The published model waits for the wrong turn.
    ("dekker", {}, {"waits_for": "own-turn"}, 94, 188),
]


def explored(
    file: str, sizes: Mapping[str, int], options: Mapping[str, str] | None = None, symmetry: bool = False
) -> Outcome:
    """The outcome for all safety properties."""
    program = compile_program(load_protocol(ORACLES / f"{file}.py"), None, options or {}, sizes)
    claims = tuple(p for p in properties(program) if p.is_safety)
    return ReferenceEngine(symmetry).decide(program, claims, Limits(), lambda tick: None)


def violated(outcome: Outcome) -> set[str]:
    assert {r.verdict for r in outcome.results} <= {Verdict.HOLDS, Verdict.VIOLATED}
    return {r.property for r in outcome.results if r.verdict is Verdict.VIOLATED}


def named(row: object) -> str | None:
    """The sizes or options of a row as part of the name of its test."""
    if isinstance(row, dict):
        return "-".join(f"{key}={value}" for key, value in row.items()) or "default"
    return None


@pytest.mark.parametrize(("file", "sizes", "states", "transitions"), PUBLISHED, ids=named)
def test_published_counts(file: str, sizes: dict[str, int], states: int, transitions: int) -> None:
    outcome = explored(file, sizes)
    assert (outcome.states, outcome.transitions) == (states, transitions)


@pytest.mark.parametrize(("file", "sizes", "states", "transitions"), SPIN, ids=named)
def test_counts_of_spin(file: str, sizes: dict[str, int], states: int, transitions: int) -> None:
    outcome = explored(file, sizes)
    initial = 1
    assert (outcome.states, initial + outcome.transitions) == (states, transitions)


@pytest.mark.parametrize(("file", "sizes", "states", "transitions"), SYMMETRIC, ids=named)
def test_published_counts_under_symmetry(
    file: str, sizes: dict[str, int], states: int, transitions: int | None
) -> None:
    outcome = explored(file, sizes, symmetry=True)
    assert outcome.states == states
    assert transitions in (outcome.transitions, None)


@pytest.mark.parametrize(("file", "sizes", "options", "states", "transitions"), DIFFERENT_ON_PURPOSE, ids=named)
def test_counts_that_differ_on_purpose(
    file: str, sizes: dict[str, int], options: dict[str, str], states: int, transitions: int
) -> None:
    outcome = explored(file, sizes, options)
    assert (outcome.states, outcome.transitions) == (states, transitions)


@pytest.mark.parametrize("file", sorted(path.stem for path in ORACLES.glob("*.py")))
def test_verdicts(file: str) -> None:
    """Each model is safe, with and without symmetry; the race alone loses increments."""
    wanted = {"no-increment-is-lost"} if file == "increment_race" else set[str]()
    assert violated(explored(file, {})) == wanted
    assert violated(explored(file, {}, symmetry=True)) == wanted


def test_a_process_that_has_the_turn_at_first_is_not_interchangeable() -> None:
    """Dekker's one initial state prefers a process; Peterson's two prefer each in turn, and together neither."""
    assert explored("dekker", {}, symmetry=True).states == explored("dekker", {}).states
    assert explored("peterson", {}, symmetry=True).states < explored("peterson", {}).states


def test_every_model_has_its_counts_tested() -> None:
    tested = {row[0] for row in (*PUBLISHED, *SPIN)}
    assert tested == {path.stem for path in ORACLES.glob("*.py")}
