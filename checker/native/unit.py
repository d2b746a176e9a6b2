# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Programs as C: their functions, and around them the runtime that drives them.

One program is the rule, and then its functions are called directly. Tests put many into one unit, for starting a
compiler takes longer than compiling one more program; they share the sizes of the largest. The step functions of a
large program become translation units of their own, which are compiled side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path

from ...model.ir.program import Program
from .emit import functions, step_functions
from .numbering import Numbering, number_program
from .reduce_c import reducing_functions
from .reductions import WHOLE, Plan

RUNTIME = (
    "memory.c",
    "table.c",
    "reduce.c",
    "search.c",
    "workers.c",
    "trace.c",
    "quotient.c",
    "checkpoint.c",
    "prints.c",
    "live.c",
    "ahead.c",
    "fair.c",
    "regions.c",
    "graph.c",
)
# Every name that a program's C defines, and so has to be told apart from that of the next program.
ENTRIES = ("successors", "examine", "may_stay", "can_step", "temporal")
REDUCING = ("canonical", "ample")
OWN_PATTERNS = (
    r"step_\d+_\d+",
    r"steps_\d+",
    r"urgent_\d+",
    "all_settled",
    r"is_ample_\d+",
    r"is_safe_\d+_\d+",
    "images",
    r"image_\w+",
)
MOST_PIECES = 4
PIECE = 120_000  # characters of step functions that are worth a compiler of their own: about half a second of it
HIDDEN = '__attribute__((visibility("hidden")))'
OWN_NAMES = re.compile(rf"\b({'|'.join((*OWN_PATTERNS, *ENTRIES, *REDUCING))})\b")


@dataclass(frozen=True)
class Unit:
    """C sources and the numbering of each program in them."""

    programs: tuple[Numbering, ...]

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The translation units, to be compiled and linked together; the first has the runtime."""
        program, *others = self.programs
        if others:
            return ("\n".join(_lines(self.programs, _choice(self.programs))),)
        steps = step_functions(program)
        pieces = _pieces(steps)
        if len(pieces) == 1:
            own = (f"static {text}" for text in steps.values())
            return ("\n".join(_lines(self.programs, (*own, *_program(program)))),)
        declared = (f"{HIDDEN} STEP({name});" for name in steps)
        main = "\n".join(_lines(self.programs, (*declared, *_program(program))))
        head = "\n".join((*_sizes(self.programs), _runtime("base.h")))
        return main, *("\n".join((head, *(f"{HIDDEN} {text}" for text in piece))) for piece in pieces)


def translate(programs: Sequence[Program], plans: Sequence[Plan] = ()) -> Unit:
    """``plans``: a reduction for each, or none at all. Raises Unsupported beyond the packing or the numbering."""
    numbered = [number_program(p, plan) for p, plan in zip(programs, plans or repeat(WHOLE), strict=False)]
    words = max(n.packing.words for n in numbered)
    return Unit(tuple(n.widened(words) for n in numbered))


def _pieces(steps: Mapping[str, str]) -> list[list[str]]:
    """The definitions in order, shared out into pieces of about one size."""
    size = sum(map(len, steps.values()))
    count = max(1, min(MOST_PIECES, size // PIECE))
    pieces: list[list[str]] = [[] for _ in range(count)]
    before = 0
    for text in steps.values():
        pieces[before * count // max(size, 1)].append(text)
        before += len(text)
    return [piece for piece in pieces if piece] or [[]]


def _lines(programs: tuple[Numbering, ...], own: Iterable[str]) -> Iterator[str]:
    """The translation unit around what is generated."""
    yield from _sizes(programs)
    yield _runtime("base.h")
    yield _runtime("canonical.c")
    yield from own
    if len(programs) == 1:
        yield "void svm_choose(u32 program) { (void)program; }"
    for name in RUNTIME:
        yield _runtime(name)


def _runtime(name: str) -> str:
    return Path(__file__).with_name("runtime").joinpath(name).read_text()


def _sizes(programs: tuple[Numbering, ...]) -> Iterator[str]:
    yield f"#define WORDS {programs[0].packing.words}"
    words = ", ".join(f"w{k} = s[{k}]" for k in range(programs[0].packing.words))
    yield f"#define SNAPSHOT const u64 {words}; (void)s"
    yield f"#define EDGES {max(1, *(p.edges for p in programs))}"
    yield f"#define FAULTS {max(len(p.faults) for p in programs)}"
    yield f"#define MOST_STEPS {max(1, *(most for p in programs for most in p.fan_outs))}"
    yield f"#define MOST_SUCCESSORS {max(1, *(p.most_successors for p in programs))}"
    yield f"#define SYMMETRY {int(any(p.plan.spaces for p in programs))}"
    yield f"#define PARTIAL_ORDER {int(any(p.plan.ample for p in programs))}"


def _program(program: Numbering) -> Iterator[str]:
    yield from functions(program)
    yield from reducing_functions(program)


def _choice(programs: tuple[Numbering, ...]) -> Iterator[str]:
    """Every program under names of its own, and ``svm_choose`` to say which one is meant from now on."""
    for k, program in enumerate(programs):
        text = (*(f"static {text}" for text in step_functions(program).values()), *_program(program))
        yield OWN_NAMES.sub(rf"\1_of_{k}", "\n".join(text))
    yield "typedef struct { u64 *(*successors)(const u64 *restrict, u64, u64 *restrict, Faults *);"
    yield "void (*examine)(const u64 *restrict, u64, Faults *); int (*may_stay)(const u64 *restrict);"
    yield "int (*can_step)(const u64 *restrict, u32); u64 (*temporal)(const u64 *restrict);"
    yield "void (*canonical)(u64 *); u64 *(*ample)(const u64 *restrict, u64, u64 *restrict); } Program;"
    names = (*ENTRIES, *REDUCING)
    rows = ("{" + ", ".join(f"{name}_of_{k}" for name in names) + "}" for k in range(len(programs)))
    yield f"static const Program programs[] = {{{', '.join(rows)}}}, *chosen = programs;"
    yield "void svm_choose(u32 program) { chosen = programs + program; }"
    for name in names:
        yield f"#define {name} chosen->{name}"
