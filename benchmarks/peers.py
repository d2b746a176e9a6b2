# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""SPIN and Rumur on exported models: build, run, and read what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

NEEDED = {"spin": ("spin", "gcc"), "rumur": ("rumur", "gcc")}
DEBIAN = "apt-get install spin rumur gcc"


class PeerFailed(Exception):
    """A peer did not build or did not say what it found; the message has the end of what it printed."""


@dataclass(frozen=True, slots=True)
class PeerRun:
    """What a peer reports.

    ``transitions``: without the initial states. ``state_bytes``: of one stored state as the peer says itself, without
    its table. ``memory``: peak resident bytes of the run. ``build`` and ``run``: seconds of wall time.
    ``cpu``: seconds of processor time of the run. ``depth``: of the depth-first stack, in steps.
    """

    states: int
    transitions: int
    errors: int
    state_bytes: float
    memory: int
    build: float
    run: float
    cpu: float
    depth: int = 0


def available(peer: str) -> bool:
    return all(shutil.which(program) for program in NEEDED[peer])


def spin(
    model: str,
    folder: Path,
    *,
    reduction: bool = False,
    live: bool = False,
    deadlock: bool = True,
    optimize: Sequence[str] = ("-O2",),
    depth: int = 1_000_000,
    hash_bits: int = 16,
) -> PeerRun:
    """``reduction``: with SPIN's partial-order reduction and dead variables. ``live``: fair acceptance cycles.

    ``depth``: of the depth-first stack, in steps. ``hash_bits``: SPIN's table has 2 ** hash_bits slots.
    """
    (folder / "model.pml").write_text(model, encoding="utf-8")
    translate = ["spin", *([] if reduction else ["-o2"]), "-a", "model.pml"]
    flags = ["-DNFAIR=4" if live else "-DSAFETY", *([] if reduction else ["-DNOREDUCE"])]
    compile_c = ["gcc", *optimize, "-w", *flags, "-o", "pan", "pan.c"]
    start = time.perf_counter()
    _build(translate, folder, quiet=True)
    _build(compile_c, folder)
    built = time.perf_counter()
    options = [f"-m{depth}", f"-w{hash_bits}", *(["-a", "-f"] if live else []), *([] if deadlock else ["-E"])]
    text, used = run(["./pan", *options], folder)
    done = time.perf_counter()
    if "max search depth too small" in text:
        raise PeerFailed(f"SPIN needs a greater depth than {depth}")
    states, steps = _number(r"(\d+) states, stored", text), _number(r"(\d+) transitions", text)
    return PeerRun(
        states,
        steps - 1,  # SPIN counts the initial state
        _number(r"errors: (\d+)", text),
        _number(r"State-vector (\d+) byte", text),
        used.memory,
        built - start,
        done - built,
        used.cpu,
        _number(r"depth reached (\d+)", text),
    )


def rumur(
    model: str,
    folder: Path,
    *,
    deadlock: bool = True,
    threads: int = 1,
    optimize: Sequence[str] = ("-O3",),
    options: Sequence[str] = (),
) -> PeerRun:
    """``options``: further ones of Rumur's.

    Computes with 32-bit integers: Rumur's own choice, the narrowest that holds what is declared, may overflow.
    """
    (folder / "model.m").write_text(model, encoding="utf-8")
    translate = [
        "rumur", "--value-type", "int32_t", "--threads", str(threads), "--symmetry-reduction", "off",
        "--deadlock-detection", "stuck" if deadlock else "off", "--counterexample-trace", "off",
        *options, "--output", "model.c", "model.m",
    ]  # fmt: skip
    start = time.perf_counter()
    _build(translate, folder)
    _build(["gcc", *optimize, "-w", "-mcx16", "-o", "model", "model.c", "-lpthread"], folder)
    built = time.perf_counter()
    text, used = run(["./model"], folder)
    done = time.perf_counter()
    return PeerRun(
        _number(r"(\d+) states, \d+ rules fired", text),
        _number(r"\d+ states, (\d+) rules fired", text),
        _number(r"(\d+) error\(s\) found", text, 0),
        _number(r"rounded up to (\d+) bytes", text),
        used.memory,
        built - start,
        done - built,
        used.cpu,
    )


def _build(command: Sequence[str], folder: Path, *, quiet: bool = False) -> None:
    """``quiet``: anything printed to standard output is a complaint, whatever the exit status (SPIN's is no help)."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if line.strip() and not line.startswith("ltl")]
    if done.returncode or (quiet and said):
        raise PeerFailed(f"{' '.join(command)}: {(done.stdout + done.stderr)[-800:]}")


@dataclass(frozen=True, slots=True)
class Used:
    """``memory``: peak resident bytes. ``cpu``: seconds of processor time, of all threads and of children."""

    memory: int
    cpu: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> tuple[str, Used]:
    """What a command prints, and what it used. Raises PeerFailed if it dies of a signal."""
    log = folder / "output"
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait again
    text = log.read_text(encoding="utf-8", errors="replace")
    if process.returncode < 0:
        raise PeerFailed(f"{command[0]} died of signal {-process.returncode}: {text[-800:]}")
    return text, Used(usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime)


def _number(pattern: str, text: str, default: int | None = None) -> int:
    found = re.search(pattern, text)
    if found:
        return int(found[1])
    if default is None:
        raise PeerFailed(f"no '{pattern}' in: {text[-800:]}")
    return default
