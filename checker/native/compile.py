# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""C sources -> shared object, kept in the user's cache so that a program is compiled once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..cache import cache_root

# -O1: as fast as -O2 on the generated code, within noise, and compiled in little more than half the time.
FLAGS = ("-O1", "-std=gnu11", "-shared", "-fPIC", "-pthread", "-w")
# Enough for a catalogue with all its variants; the least recently used beyond it go.
KEPT = 512
CHECK = "Check that it can compile C at all."


@dataclass(frozen=True, slots=True)
class NoCompiler:
    """Why there is no shared object, and what to do about it, in one sentence each."""

    reason: str
    remedy: str = "Install a C compiler (cc, gcc or clang), or the Python package ziglang."


@dataclass(frozen=True, slots=True)
class Compiler:
    """A command to call, and a text that changes when the compiler does."""

    command: tuple[str, ...]
    identity: str


@dataclass(frozen=True, slots=True)
class Built:
    """A shared object that is whole. ``compiled``: it was made now and not found in the cache."""

    path: Path
    compiled: bool


def find_compiler() -> Compiler | NoCompiler:
    """The C compiler named by $CC, else the system's, else the one in the package ziglang."""
    for name in filter(None, (os.environ.get("CC"), "cc", "gcc", "clang")):
        found = shutil.which(name)
        if found:
            status = os.stat(found)
            return Compiler((found,), f"{os.path.realpath(found)} {status.st_size} {status.st_mtime_ns}")
    try:
        return Compiler((sys.executable, "-m", "ziglang", "cc"), f"ziglang {version('ziglang')}")
    except PackageNotFoundError:
        return NoCompiler("No C compiler was found.")


def cache_folder() -> Path:
    """Of shared objects."""
    return cache_root() / "native"


def digest_of(sources: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()


def build(sources: Sequence[str], more_flags: Sequence[str] = ()) -> Built | NoCompiler:
    """The shared object of C sources, out of the cache or compiled now, all of them at the same time. ``more_flags`` go
    after FLAGS."""
    return build_known(digest_of(sources), lambda: sources, more_flags)


def build_known(digest: str, sources: Callable[[], Sequence[str]], more_flags: Sequence[str]) -> Built | NoCompiler:
    """As ``build``, asking for the sources of that digest only if they have to be compiled."""
    compiler = find_compiler()
    if isinstance(compiler, NoCompiler):
        return compiler
    key = hashlib.sha256("\0".join((digest, *FLAGS, *more_flags, compiler.identity)).encode()).hexdigest()[:32]
    folder = _writable(cache_folder())
    found = _cached(folder, key)
    if found:
        return Built(found, compiled=False)
    return _compile((*compiler.command, *FLAGS, *more_flags), sources(), folder, key)


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass  # a read-only home: compile every time, into a folder of our own
    return Path(tempfile.mkdtemp(prefix="svmcheck-"))


def _cached(folder: Path, key: str) -> Path | None:
    """An entry whose content still has the digest in its name; loading half an object could crash the process."""
    for path in folder.glob(f"{key}-*.so"):
        try:
            if path.name == _name(key, path.read_bytes()):
                os.utime(path)
                return path
            path.unlink()
        except OSError:
            continue  # gone or not ours: compile anew
    return None


def _name(key: str, content: bytes) -> str:
    return f"{key}-{hashlib.sha256(content).hexdigest()[:16]}.so"


def _compile(command: tuple[str, ...], sources: Sequence[str], folder: Path, key: str) -> Built | NoCompiler:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as work:
        texts = [Path(work, f"program{k}.c") for k in range(len(sources))]
        for text, source in zip(texts, sources, strict=True):
            text.write_text(source)
        made, parts = Path(work, "program.so"), texts
        if len(texts) > 1:
            parts = [text.with_suffix(".o") for text in texts]
            pairs = zip(parts, texts, strict=True)
            problem = _run_all([[*command, "-c", "-o", str(part), str(text)] for part, text in pairs])
            if problem:
                return problem
        problem = _run_all([[*command, "-o", str(made), *map(str, parts)]])
        if problem or not made.exists():
            return problem or NoCompiler(f"{command[0]} made nothing.", CHECK)
        path = folder / _name(key, made.read_bytes())
        os.replace(made, path)  # atomic: another process sees all of it or nothing
    _prune(folder, path)
    return Built(path, compiled=True)


def _run_all(commands: Sequence[Sequence[str]]) -> NoCompiler | None:
    """Runs commands at the same time; None if all went well."""
    running: list[subprocess.Popen[str]] = []
    try:
        running.extend(map(_start, commands))
        problems = [_problem(process) for process in running]
    except OSError as error:
        return NoCompiler(f"{commands[0][0]} could not be run: {error.strerror}.")
    finally:
        for process in running:
            process.kill()
            process.communicate()
    return next(filter(None, problems), None)


def _start(command: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")


def _problem(process: subprocess.Popen[str]) -> NoCompiler | None:
    _, said = process.communicate()
    if not process.returncode:
        return None
    told = said.strip().splitlines() or [f"exit status {process.returncode}"]
    name = process.args[0] if isinstance(process.args, list) else "the compiler"
    return NoCompiler(f"{name} failed: {told[0]}", CHECK)


def _prune(folder: Path, keep: Path) -> None:
    ages: list[tuple[float, Path]] = []
    for path in folder.glob("*.so"):
        try:
            ages.append((path.stat().st_mtime, path))
        except OSError:
            continue
    for _, path in sorted(ages, reverse=True)[KEPT:]:
        if path != keep:
            path.unlink(missing_ok=True)
