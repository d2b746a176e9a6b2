# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Compiled programs kept in the user's cache, because a protocol is checked more often than it is changed.

What a compilation depends on is in the name of the entry: the sources of the protocol, of the words it uses and of the
compiler itself, options, sizes, and the paths that places are told by. A protocol file is Python and could depend on
anything else; so only one whose files import nothing but protocol words, each other, and what cannot vary is kept.
"""

from __future__ import annotations

import ast
import hashlib
import io
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.ir.program import Program
from .cache import cache_root

if TYPE_CHECKING:
    from ..model.lang.compile import Compiled
    from .selection import Selection

PACKAGE = __name__.rsplit(".", 2)[0]
MODEL = Path(__file__).resolve().parents[1] / "model"
INVARIABLE = {"__future__", "typing", "enum", "collections.abc", "dataclasses"}
VARIABLE_NAMES = {"open", "input", "eval", "exec", "compile", "__import__", "__file__", "__builtins__", "hash", "id"}
KEPT = 512
SETTLED = 2.0  # seconds: a file changed so recently may have changed between its loading and its reading


@dataclass(frozen=True, slots=True)
class Fetched:
    """``source``: where the program comes from, in a few words for people who ask."""

    compiled: Compiled
    source: str


def compile_cached(selection: Selection) -> Fetched:
    """The program with the compiler's warnings. Raises ``ProtocolError``, which is never kept."""
    from ..model.lang.compile import Compiled, compile_checked

    files = _files(Path(selection.protocol.path))
    entry = _key(selection, files) if files else None
    found = read_entry(entry) if entry else None
    if entry and isinstance(found, Compiled):
        _remember(found.program, entry)
        return Fetched(found, "from the cache")
    made = compile_checked(selection.protocol, selection.world.name, selection.options, selection.sizes)
    if entry is None or any(time.time() - path.stat().st_mtime < SETTLED for path in files or ()):
        why = "a file has just changed" if files else "what it imports could change without its files"
        return Fetched(made, f"compiled, not kept: {why}")
    _remember(made.program, entry)
    return Fetched(made, "compiled, kept for the next time" if write_entry(entry, made) else "compiled, not kept")


_keys: dict[int, tuple[Program, str]] = {}
REMEMBERED = 8


def _remember(program: Program, entry: str) -> None:
    while len(_keys) >= REMEMBERED:
        del _keys[next(iter(_keys))]
    _keys[id(program)] = program, entry


def key_of(program: Program) -> str | None:
    """What names everything this very object was compiled from, if it is one of the last that were fetched."""
    found = _keys.get(id(program))
    return found[1] if found and found[0] is program else None


# ---- what it depends on


def _files(path: Path) -> list[Path] | None:
    """Every file a protocol depends on, those of the compiler included; None if it may depend on more."""
    found = dict.fromkeys(sorted(file for file in MODEL.rglob("*.py") if MODEL / "kernel" not in file.parents))
    waiting = [path.resolve()]
    while waiting:
        file = waiting.pop()
        beside = _beside(file, path.resolve().parent)
        if beside is None:
            return None
        found[file] = None
        waiting += [other for other in beside if other not in found]
    return list(found)


def _beside(file: Path, folder: Path) -> list[Path] | None:
    """The files in a folder that one of them imports; None if it imports anything unknown, or can read files."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    result: list[Path] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in VARIABLE_NAMES:
            return None
        for name in _imported(node):
            if name in INVARIABLE or name.split(".")[0] == PACKAGE:
                continue
            source = getattr(sys.modules.get(name), "__file__", None)
            if source is None or Path(source).resolve().parent != folder:
                return None
            result.append(Path(source).resolve())
    return result


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield PACKAGE if node.level else node.module or ""  # relative: the file runs as a module of this package


def _key(selection: Selection, files: list[Path]) -> str:
    digest = hashlib.sha256()
    asked = sorted(selection.options.items()), sorted(selection.sizes.items())
    told = (sys.version, str(selection.protocol.path), os.getcwd(), selection.world.name, *asked)
    digest.update(repr(told).encode())
    for file in files:
        content = file.read_bytes()
        digest.update(f"\0{file}\0{len(content)}\0".encode() + content)
    return f"{digest.hexdigest()[:40]}.program"


# ---- the cache


def _folder() -> Path:
    return cache_root() / "programs"


class _Reader(pickle.Unpickler):
    """Makes nothing but values of this package."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if module_name.split(".")[0] != PACKAGE:
            raise pickle.UnpicklingError(f"{module_name} does not belong there")
        return super().find_class(module_name, global_name)


def read_entry(name: str) -> object:
    """The value of an entry that is whole and our own; None otherwise."""
    path = _folder() / name
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_uid != os.geteuid():
                return None
            digest, content = file.read(32), file.read()
        if hashlib.sha256(content).digest() != digest:
            return None
        value = _Reader(io.BytesIO(content)).load()
        os.utime(path)
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, RecursionError):
        return None
    return value


def write_entry(name: str, value: object) -> bool:
    """Whether it could be kept. A cache that cannot be written is none, and no reason to fail."""
    path = _folder() / name
    try:
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, fresh = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(number, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(fresh, path)
        _prune(path.parent)
    except (OSError, pickle.PicklingError, AttributeError, TypeError, RecursionError):
        return False
    return True


def _prune(folder: Path) -> None:
    """The least recently used go."""
    for suffix in ("program", "value"):
        _prune_kind(folder, suffix)


def _prune_kind(folder: Path, suffix: str) -> None:
    entries = sorted(folder.glob(f"*.{suffix}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[KEPT:]:
        path.unlink(missing_ok=True)
