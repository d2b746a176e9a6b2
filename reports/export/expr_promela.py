# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Expressions, cells and types of Promela. Quantifiers have been unrolled before (see instance.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ...model.ir.expr import Quant
from ...model.ir.layout import cells, strides
from ...model.ir.program import Variable
from ...model.ir.types import BoolType, Type
from .claims import CannotExport
from .renderer import Env, Renderer

# Words of Promela, of C, and names that pan.c has for itself: variables become fields of a C structure.
RESERVED = (
    "accept active assert atomic bit bool break byte c_code c_decl c_expr c_state c_track chan d_step d_proctype do "
    "else empty enabled end eval false fi for full get_priority goto hidden if in init inline int len local ltl "
    "mtype nempty never nfull notrace np_ od of pc_value pid print printf printm priority proctype progress "
    "provided run select set_priority short show skip stdin timeout trace true typedef unless unsigned xr xs always "
    "eventually until weakuntil release implies equivalent _ _last _nr_pr _pid at held invariants main memcpy "
    "malloc free exit uchar ushort uint now trans reached state index auto char const continue case default double "
    "enum extern float long register restrict return signed sizeof static struct switch union void volatile while "
    "null eof errno linux unix asm"
)


class Promela(Renderer):
    yes, no, negation, conjunction, disjunction = "true", "false", "!", "&&", "||"
    comparisons: ClassVar[Mapping[str, str]] = {op: op for op in ("==", "!=", "<", "<=", ">", ">=")}

    def choice(self, test: str, then: str, other: str) -> str:
        return f"({test} -> {then} : {other})"

    def counted(self, truth: str) -> str:
        return truth  # truth values are the integers 0 and 1

    def cell(self, variable: Variable, index: Sequence[str]) -> str:
        """SPIN's arrays have one dimension."""
        name = self.names[variable.name]
        if cells(variable) == 1:
            return name
        fixed, terms = 0, list[str]()
        for text, stride, dim in zip(index, strides(variable), variable.dims, strict=True):
            if text.isdigit():
                fixed += int(text) * stride
            elif dim.size > 1:
                terms.append(text if stride == 1 else f"{text} * {stride}")
        if fixed or not terms:
            terms.append(str(fixed))
        return f"{name}[{' + '.join(terms)}]"

    def quantified(self, expr: Quant, env: Env) -> str:
        raise AssertionError("quantifiers are unrolled before")


def smallest_type(kind: Type, name: str) -> str:
    """The smallest type of Promela with the domain."""
    if isinstance(kind, BoolType):
        return "bool"
    for word, lo, hi in (("byte", 0, 255), ("short", -(1 << 15), (1 << 15) - 1), ("int", -(1 << 31), (1 << 31) - 1)):
        if lo <= kind.lo and kind.hi <= hi:
            return word
    raise CannotExport(f"{name} has values beyond 32 bits", "choose smaller sizes")
