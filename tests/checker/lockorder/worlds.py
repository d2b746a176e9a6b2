# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The programs of ``protocols/`` and of the shipped protocols, compiled once for all tests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from svmcheck.model.ir.program import Program
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import Protocol, load_protocol

ORDERS = Path(__file__).parent / "protocols" / "orders.py"
SMALL = [ORDERS, ORDERS.with_name("families.py")]
PROTOCOLS = Path(__file__).parents[3] / "model" / "protocols"


@cache
def _loaded(path: Path) -> Protocol:
    return load_protocol(path)


@cache
def world(name: str) -> Program:
    path = next(p for p in SMALL if name in _loaded(p).worlds)
    return compile_program(_loaded(path), name)


def names() -> list[str]:
    return [name for path in SMALL for name in _loaded(path).worlds]


def shipped(name: str, options: Mapping[str, str] | None = None, sizes: Mapping[str, int] | None = None) -> Program:
    return compile_program(_loaded(PROTOCOLS / f"{name}.py"), None, options or {}, sizes or {})
