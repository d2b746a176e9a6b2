# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Simultaneous updates as a sequence of assignments, for languages that store one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...model.ir.build import loads
from ...model.ir.expr import Expr
from ...model.ir.program import Update


@dataclass(frozen=True, slots=True)
class Store:
    """One assignment. ``early``: which of its expressions (the indices, then the value) must be computed before any
    store, because one before it writes what they read."""

    update: Update
    early: tuple[bool, ...]

    @property
    def expressions(self) -> tuple[Expr, ...]:
        return (*self.update.index, self.update.value)


def in_sequence(updates: Sequence[Update]) -> tuple[Store, ...]:
    """In program order, so that of two stores to one cell the later wins."""
    written: set[str] = set()
    result: list[Store] = []
    for update in updates:
        parts = (*update.index, update.value)
        result.append(Store(update, tuple(bool(loads(part) & written) for part in parts)))
        written.add(update.var)
    return tuple(result)
