# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is compared: svmcheck's native engine, SPIN, Rumur, and what the memory of the machine allows."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from svmcheck.reports.export.formats import export

from .models import MODELS
from .peers import PeerRun, available, rumur, run, spin

ROOT = Path(__file__).resolve().parent.parent
LIMIT = Path(__file__).with_name("limit.c")
FAST = ("-O3", "-march=native")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. ``search``: seconds from the start of the search to the verdict; ``whole``: with translation and the C
    compiler, and for svmcheck with the start of Python. ``cpu``: seconds of processor time of the search.
    ``memory``: peak resident bytes. ``state_bytes``: of a stored state without its table."""

    states: int
    transitions: int
    errors: int
    search: float
    whole: float
    cpu: float
    memory: int
    state_bytes: float


@dataclass(frozen=True)
class Tool:
    """``explores``: the states all tools must agree on, which a reduction may make fewer."""

    name: str
    workers: int
    measure: Callable[[str], Measured]
    peer: str | None = None
    explores_all: bool = True

    @property
    def label(self) -> str:
        return f"{self.name}, {self.workers} worker{'s' * (self.workers > 1)}"

    @property
    def is_here(self) -> bool:
        return self.peer is None or available(self.peer)


def svmcheck(workers: int) -> Callable[[str], Measured]:
    def measure(model: str) -> Measured:
        """With an empty cache, so that C is compiled."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
            environment = {**os.environ, "SVMCHECK_CACHE": folder, "PYTHONPATH": path}
            command = [sys.executable, "-m", "benchmarks.own", model, str(workers)]
            start = time.perf_counter()
            text, used = run(command, Path(folder), environment)
            whole = time.perf_counter() - start
        said = json.loads(text.splitlines()[-1])
        states, steps, errors = said["states"], said["transitions"], said["errors"]
        return Measured(states, steps, errors, said["search"], whole, said["cpu"], used.memory, 8 * said["words"])

    return measure


def _measured(done: PeerRun) -> Measured:
    whole = done.build + done.run
    return Measured(
        done.states, done.transitions, done.errors, done.run, whole, done.cpu, done.memory, done.state_bytes
    )


def by_spin(reduction: bool, states: int) -> Callable[[str], Measured]:
    """SPIN's table and stack are sized for it: a slot for each state; the stack as deep as the run before needed."""
    needed = [max(states, 10_000)]

    def measure(model: str) -> Measured:
        text = export(MODELS[model].program(), "promela").text
        bits = max(16, math.ceil(math.log2(max(states, 1))))
        with tempfile.TemporaryDirectory() as folder:
            flags = (*FAST, "-DNOBOUNDCHECK")
            depth = needed[-1]
            done = spin(text, Path(folder), reduction=reduction, optimize=flags, depth=depth, hash_bits=bits)
        needed.append(done.depth + 10)
        return _measured(done)

    return measure


def by_rumur(workers: int, states: int) -> Callable[[str], Measured]:
    """As fast as Rumur's manual says: without its compression, and with a table that need not grow."""

    def measure(model: str) -> Measured:
        roomy = ("--pack-state", "off", "--set-capacity", str(max(8 << 20, 16 * states)))
        text = export(MODELS[model].program(), "murphi").text
        with tempfile.TemporaryDirectory() as folder:
            done = rumur(text, Path(folder), threads=workers, optimize=FAST, options=roomy)
        return _measured(done)

    return measure


def tools(states: int) -> tuple[Tool, ...]:
    """``states``: how many are expected, for the size of SPIN's table."""
    return (
        Tool("svmcheck", 1, svmcheck(1)),
        Tool("svmcheck", 2, svmcheck(2)),
        Tool("SPIN", 1, by_spin(False, states), "spin"),
        Tool("SPIN with its reductions", 1, by_spin(True, states), "spin", explores_all=False),
        Tool("Rumur", 1, by_rumur(1, states), "rumur"),
        Tool("Rumur", 2, by_rumur(2, states), "rumur"),
    )


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of wall time and of processor time."""

    wall: float
    cpu: float


def memory_limit(states: int, words: int, lookups: int, threads: int) -> Took:
    """What as many random look-ups take in a table of as many states (see limit.c)."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "limit")
        subprocess.run(["gcc", *FAST, "-o", str(program), str(LIMIT), "-lpthread"], check=True)
        text, _ = run([str(program), str(states), str(words), str(lookups), str(threads)], Path(folder))
    wall, cpu = text.split()
    return Took(float(wall), float(cpu))
