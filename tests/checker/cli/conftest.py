# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A front end that offers small programs of the IR as protocols, so that the command line is tested by itself.

``locks.py`` has one world, ``Lock``: threads that take one lock for ever. With ``handover = weak`` one can starve.
``pair.py`` has the worlds ``Pair`` (two locks in opposite order: a deadlock) and ``Race``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import pytest

from svmcheck.model.ir.program import Frame, Program
from svmcheck.model.lang.diagnostics import Diagnostic, ProtocolError
from tests.irprograms import contended_lock, increment_race, lock_pair


@dataclass(frozen=True)
class FakeSize:
    default: int
    most: int
    least: int = 1


@dataclass(frozen=True)
class FakeOption:
    choices: tuple[str, ...]
    default: str


@dataclass(frozen=True)
class FakeWorld:
    name: str
    make: Callable[[Mapping[str, str], Mapping[str, int]], Program]
    sizes: dict[str, FakeSize] = field(default_factory=dict)
    options: dict[str, FakeOption] = field(default_factory=dict)
    properties: tuple[str, ...] = ()
    actors: tuple[str, ...] = ("one",)
    doc: str = ""


@dataclass(frozen=True)
class FakeProtocol:
    path: Path
    worlds: dict[str, FakeWorld]
    doc: str = ""


LOCK = FakeWorld(
    "Lock",
    lambda options, sizes: contended_lock(options["handover"] == "strong", sizes["threads"]),
    {"threads": FakeSize(2, 3)},
    {"handover": FakeOption(("strong", "weak"), "strong"), "polite": FakeOption(("true", "false"), "false")},
    ("gets-lock",),
)
PAIR = FakeWorld("Pair", lambda options, sizes: lock_pair())
RACE = FakeWorld("Race", lambda options, sizes: increment_race(sizes["threads"]), {"threads": FakeSize(2, 6)})
FILES = {"locks.py": (LOCK,), "pair.py": (PAIR, RACE)}


def load_protocol(path: Path) -> FakeProtocol:
    if path.name == "wrong.py":
        frame = Frame(str(path), 1, 1, 1, 4, "f")
        raise ProtocolError((Diagnostic("SVM101", "unknown name 'lok'", frame, "write lock"),))
    return FakeProtocol(path, {w.name: w for w in FILES[path.name]})


def compile_program(
    protocol: FakeProtocol, world: str | None, options: Mapping[str, str], sizes: Mapping[str, int]
) -> Program:
    assert world is not None
    chosen = protocol.worlds[world]
    all_options = {name: o.default for name, o in chosen.options.items()} | dict(options)
    all_sizes = {name: s.default for name, s in chosen.sizes.items()} | dict(sizes)
    program = chosen.make(all_options, all_sizes)
    return replace(program, name=world, options=tuple(all_options.items()), sizes=tuple(all_sizes.items()))


@dataclass(frozen=True)
class FakeCompiled:
    program: Program
    warnings: tuple[Diagnostic, ...] = ()
    effective: frozenset[str] = frozenset({"polite"})


def compile_checked(
    protocol: FakeProtocol, world: str | None, options: Mapping[str, str], sizes: Mapping[str, int]
) -> FakeCompiled:
    frame = Frame(str(protocol.path), 1, 1, 1, 4, "f")
    severity = "warning" if options.get("polite") == "false" else "hint"
    told = Diagnostic("SVM900", "impolite", frame, "be polite", severity=severity)
    return FakeCompiled(compile_program(protocol, world, options, sizes), (told,) if "polite" in options else ())


@pytest.fixture
def front_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder with the protocol files, which is the current one."""
    for module, *functions in (("load", load_protocol), ("compile", compile_program, compile_checked)):
        fake = ModuleType(f"svmcheck.model.lang.{module}")
        for function in functions:
            setattr(fake, function.__name__, function)
        fake.__dict__["Compiled"] = FakeCompiled
        monkeypatch.setitem(sys.modules, fake.__name__, fake)
    for file in (*FILES, "wrong.py"):
        (tmp_path / file).write_text("lok = 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path
