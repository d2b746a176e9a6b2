# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Readers that ask whether a number is still what they saw, beside the same question to a number that comes round."""

from __future__ import annotations

from typing import Literal

from svmcheck.model.lang import Options, Size, World, atomic, bounded, process
from svmcheck.model.primitives import Generation


class How(Options):
    asks: Literal["generation", "modulo-two"] = "generation"
    forgets: bool = False


class Bumped(World):
    readers = Size(1, most=2)
    changers = Size(2, most=3)
    number = Generation()
    modulo = bounded(0, 1)
    count = bounded(0, 3)  # what happened in truth


@process(Bumped.readers)
def looks_twice(k: Bumped, opt: How) -> None:
    for _ in range(2):
        with atomic():
            k.number.read()
            modulo = k.modulo
            count = k.count
        with atomic():
            changed = k.number.changed() if opt.asks == "generation" else k.modulo != modulo
            assert changed == (k.count != count), "changed is what was changed"
            if opt.forgets:
                k.number.forget()


@process(Bumped.changers)
def changes(k: Bumped) -> None:
    with atomic():
        k.number.bump()
        k.modulo = 1 - k.modulo
        k.count += 1


class Never(World):
    number = Generation()


@process
def never_looked(k: Never) -> None:
    assert k.number.changed(), "nothing seen is nothing that is still so"
    k.number.read()
    assert not k.number.changed(), "now it is"
    k.number.forget()
    assert k.number.changed(), "and now it is not"
