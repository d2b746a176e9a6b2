# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The reductions of a program as C: ``canonical`` and ``ample``, which do nothing where a reduction is off."""

from __future__ import annotations

from collections.abc import Iterator

from .canonical_c import canonical_function
from .numbering import Numbering
from .packing import Field


def reducing_functions(unit: Numbering) -> Iterator[str]:
    plan = unit.plan
    if plan.spaces:
        yield from canonical_function(unit, plan.spaces)
    else:
        yield "__attribute__((unused)) static void canonical(u64 *s) { (void)s; }"
    yield from _ample_function(unit, plan.ample.locations if plan.ample else ())


def _ample_function(unit: Numbering, locations: tuple[frozenset[int], ...]) -> Iterator[str]:
    """``ample`` appends the steps of the first instance that stands where they are ample and has some; else nothing.
    If one of them violates a check, all of the state's steps are wanted, and nothing is appended."""
    yield "__attribute__((unused)) static u64 *ample(const u64 *restrict s, u64 from, u64 *restrict o) {"
    yield "(void)s; (void)from;"
    for class_, ample in enumerate(locations):
        process = unit.program.processes[class_]
        if not ample:
            continue
        flags = ", ".join(str(int(at in ample)) for at in range(len(process.locations)))
        yield f"static const unsigned char is_ample_{class_}[] = {{{flags}}};"
        for index in range(process.count):
            instance = unit.first_instance[class_] + index
            yield f"{{ const u64 at = {_location(unit.packing.locations[class_], index)};"
            yield f"if (unlikely(is_ample_{class_}[at])) {{"
            yield f"u64 *const end = quietly(steps_{class_}[at], s, {index}, from + {instance << 24}ULL, o);"
            yield "if (end != o) return end ? end : o; } }"
    yield "return o; }"


def _location(field: Field, index: int) -> str:
    if not field.width:
        return "0"
    word, shift = field.place(index)
    return f"s[{word}] >> {shift} & {field.mask}ULL"
