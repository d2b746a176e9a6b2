# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The programs that are measured, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import DEADLOCK, Property, properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol

PROTOCOLS = Path(__file__).resolve().parent.parent / "model" / "protocols"


@dataclass(frozen=True)
class Model:
    """A protocol at a size."""

    file: str
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    def program(self) -> Program:
        return compile_program(load_protocol(PROTOCOLS / self.file), None, self.options, self.sizes)


def asked(program: Program) -> tuple[Property, ...]:
    """What every tool decides: checks, assertions, invariants and deadlock."""
    return tuple(p for p in properties(program) if p.is_safety or p.name == DEADLOCK)


MODELS: Mapping[str, Model] = {
    "cpu-fault-g1-4": Model("cpu_fault.py", {"cpu_threads": 4}, {"generation": "g1"}),
    "svm-core-1": Model("svm_core.py", {"cpu_threads": 1}),
    "svm-core-2": Model("svm_core.py", {"cpu_threads": 2}),  # the flagship: more than 20 million states
}
