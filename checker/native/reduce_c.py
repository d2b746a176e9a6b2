# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The reductions of a program as C: ``canonical`` and ``ample``, which do nothing where a reduction is off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..independence.ample import Danger
from .canonical_c import canonical_function
from .numbering import Numbering
from .packing import Field


def reducing_functions(unit: Numbering) -> Iterator[str]:
    plan = unit.plan
    if plan.spaces:
        yield from canonical_function(unit, plan.spaces)
    else:
        yield "__attribute__((unused)) static void canonical(u64 *s) { (void)s; }"
    places = plan.ample.places if plan.ample else ()
    for class_, ample in enumerate(places):
        if ample:
            yield from _safety(unit, class_, ample)
    yield from _ample_function(unit, places)


def _ample_function(unit: Numbering, places: tuple[Mapping[int, Danger], ...]) -> Iterator[str]:
    """``ample`` appends the steps of the first instance that stands where they are ample and has some; else nothing.
    If one of them violates a check, all of the state's steps are wanted, and nothing is appended."""
    yield "__attribute__((unused)) static u64 *ample(const u64 *restrict s, u64 from, u64 *restrict o) {"
    yield "(void)s; (void)from;"
    for class_, ample in enumerate(places):
        for index in range(unit.program.processes[class_].count if ample else 0):
            instance = unit.first_instance[class_] + index
            yield f"{{ const u64 at = {_location(unit.packing.locations[class_], index)};"
            yield f"if (is_ample_{class_}(s, {index}, at)) {{"
            yield f"u64 *const end = quietly(steps_{class_}[at], s, {index}, from + {instance << 24}ULL, o);"
            yield "if (end != o) return end ? end : o; } }"
    yield "return o; }"


def _safety(unit: Numbering, class_: int, places: Mapping[int, Danger]) -> Iterator[str]:
    """``is_ample``: whether a location of an instance is ample where the others stand."""
    dangers = list(dict.fromkeys(tuple(danger.items()) for danger in places.values() if danger))
    for number, danger in enumerate(dangers):
        yield f"static int is_safe_{class_}_{number}(const u64 *restrict s, i64 me) {{ (void)me;"
        for other, dangerous in danger:
            yield from _outside(unit, other, dangerous, excepting_me=other == class_)
        yield "return 1; }"
    yield f"static int is_ample_{class_}(const u64 *restrict s, i64 me, u64 at) {{ (void)s; (void)me; switch (at) {{"
    for at, danger in sorted(places.items()):
        number = dangers.index(tuple(danger.items())) if danger else None
        yield f"case {at}: return {'1' if number is None else f'is_safe_{class_}_{number}(s, me)'};"
    yield "default: return 0; } }"


def _outside(unit: Numbering, class_: int, places: frozenset[int], *, excepting_me: bool) -> Iterator[str]:
    """Returns 0 if an instance of a class stands at one of these places."""
    process = unit.program.processes[class_]
    flags = ", ".join(str(int(at in places)) for at in range(len(process.locations)))
    yield f"{{ static const unsigned char in[] = {{{flags}}};"
    for index in range(process.count):
        mine = f"me != {index} && " if excepting_me else ""
        yield f"if ({mine}in[{_location(unit.packing.locations[class_], index)}]) return 0;"
    yield "}"


def _location(field: Field, index: int) -> str:
    if not field.width:
        return "0"
    word, shift = field.place(index)
    return f"s[{word}] >> {shift} & {field.mask}ULL"
