# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Historical bugs, before and after their fix: what breaks and how soon, that the fix repairs it, that nothing is idle.

The length of a shortest counterexample is what tells whether it still is the interleaving of the commit: more steps, or
another actor in it, mean that the protocol has come to say something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from svmcheck.checker.decide import decide
from svmcheck.checker.engine import Limits, Outcome
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Grade, Verdict

PROTOCOLS = Path(__file__).parents[3] / "model" / "protocols"


@dataclass(frozen=True)
class Before:
    """A protocol with one rule broken: the properties that fail, and the run that shows the first of them."""

    protocol: str
    options: Mapping[str, str]
    violated: tuple[str, ...]
    steps: int
    actors: frozenset[str]
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])


FREED = "no-use-after-free"
BEFORE = [
    Before(
        "cpu_tlb",
        {"flush": "after-unlock"},
        ("no-access-after-madvise",),
        16,
        frozenset({"migrator", "madvise_dontneed", "thread"}),
    ),
    Before(
        "device_exclusive",
        {"reference": "none"},
        ("a-locked-page-is-not-free", "no-free-of-a-locked-page"),
        26,
        frozenset({"cpu_fault", "migrator"}),
    ),
    Before(
        "khugepaged",
        {"notify": "silent"},
        ("no-gpu-mapping-of-a-freed-page",),
        15,
        frozenset({"khugepaged", "kswapd"}),
    ),
    Before(
        "pfnmap",
        {"special_vma": "accepted"},
        ("gpu-fault-returns", "system-progress"),
        20,
        frozenset({"gpu_fault_worker"}),
        {"remappers": 0, "zappers": 0},
    ),
    Before("vm_close", {"closed_check": "none"}, (FREED,), 16, frozenset({"handle_pagefault", "xe_vm_close_and_put"})),
    Before(
        "vm_close",
        {"closed_check": "before-lock"},
        (FREED,),
        17,
        frozenset({"handle_pagefault", "xe_vm_close_and_put"}),
    ),
    Before(
        "tile_state",
        {"clear": "after-bind"},
        ("gpu-access-completes", "system-progress"),
        33,
        frozenset({"gpu", "madvise_dontneed", "pf_queue_work_func"}),
    ),
    Before(
        "tile_state",
        {"clear": "after-bind"},
        ("no-gpu-mapping-after-the-callback",),
        29,
        frozenset({"gpu", "madvise_dontneed", "pf_queue_work_func"}),
        {"invalidators": 2},
    ),
    Before("dmirror", {"evict": "none"}, (FREED,), 6, frozenset({"main_thread"})),
    Before(
        "userptr",
        {"build_sg": "unlocked"},
        (FREED, "no-dma-mapping-of-a-freed-page"),
        25,
        frozenset({"madvise_dontneed", "pf_queue_work_func"}),
    ),
    Before("userptr", {"zap": "after-unlock"}, (FREED,), 14, frozenset({"madvise_dontneed", "vm_bind_unmap"})),
    Before(
        "userptr", {"dma_unmap": "with-sg"}, ("no-dma-mapping-of-a-freed-page",), 9, frozenset({"madvise_dontneed"})
    ),
    Before(
        "userptr",
        {"unmap_guard": "none"},
        ("no-double-free",),
        18,
        frozenset({"madvise_dontneed", "pf_queue_work_func"}),
    ),
    Before(
        "userptr_lists",
        {"on_error": "left"},
        ("no-free-of-busy-object",),
        32,
        frozenset({"xe_exec_ioctl", "vm_bind_unmap", "zapper"}),
    ),
]

# The fixed protocols, each with a scenario in which every statement of every actor is reached.
SCENARIOS: dict[str, Mapping[str, int]] = {
    "cpu_tlb": {"zappers": 2},
    "device_exclusive": {"unmappers": 1},
    "khugepaged": {},
    "pfnmap": {},
    "vm_close": {},
    "tile_state": {},
    "userptr": {},
    "userptr_lists": {},
}


def explore(protocol: str, options: Mapping[str, str], sizes: Mapping[str, int]) -> tuple[Program, Outcome]:
    program = compile_program(load_protocol(PROTOCOLS / f"{protocol}.py"), None, options, sizes)
    return program, decide(ReferenceEngine(), program, properties(program), Limits(), lambda tick: None)


def actor(name: str) -> str:
    """The class of an instance, which is shown as worker or worker[1]."""
    return name.split("[")[0]


@pytest.mark.parametrize("case", BEFORE, ids=lambda case: f"{case.protocol}-{'-'.join(case.options.values())}")
def test_the_broken_rule_is_found_by_its_own_interleaving(case: Before) -> None:
    _, outcome = explore(case.protocol, case.options, case.sizes)
    violated = {r.property: r for r in outcome.results if r.verdict is Verdict.VIOLATED}
    assert set(violated) == set(case.violated)
    first = violated[case.violated[0]]
    assert first.trace is not None
    assert len(first.trace.steps) <= case.steps
    assert {actor(step.actor) for step in first.trace.steps} == case.actors
    assert first.grade in (None, Grade.INEVITABLE)


@pytest.mark.parametrize("protocol", SCENARIOS)
def test_the_fix_holds_and_no_line_of_it_is_idle(protocol: str) -> None:
    program, outcome = explore(protocol, {}, SCENARIOS[protocol])
    assert [r.property for r in outcome.results if r.verdict is not Verdict.HOLDS] == []
    assert outcome.coverage.processes == ()
    assert lines_never_taken(program, outcome) == set()


def lines_never_taken(program: Program, outcome: Outcome) -> set[tuple[str, int]]:
    """File and line of each statement of which no edge was taken, by any actor."""
    untaken = set(outcome.coverage.edges)
    taken: dict[tuple[str, int], bool] = {}
    for process in program.processes:
        for number, edge in enumerate(process.edges):
            place = (edge.frames[-1].file, edge.frames[-1].line)
            taken[place] = taken.get(place, False) or (process.name, number) not in untaken
    return {place for place, once in taken.items() if not once}


def test_an_eviction_that_cannot_lock_every_page_leaves_the_fault_of_another_thread_with_a_freed_owner() -> None:
    _, alone = explore("dmirror", {}, {"threads": 0})
    assert {r.verdict for r in alone.results} == {Verdict.HOLDS}
    _, outcome = explore("dmirror", {}, {"threads": 1})
    result = next(r for r in outcome.results if r.property == FREED)
    assert result.verdict is Verdict.VIOLATED
    assert result.trace is not None
    assert {actor(step.actor) for step in result.trace.steps} == {"thread", "main_thread"}
