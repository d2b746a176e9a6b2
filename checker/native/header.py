# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The header of a checkpoint: what it belongs to, which files hold the states, and the numbers of the search.

Two lines: the header as JSON, and the digest of that line.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..selection import BadRequest
from .compile import digest_of
from .identity import program_digest
from .library import PARTS
from .unit import Unit

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """What a checkpoint belongs to. ``engine``: a digest of the C source, which fixes layout, reductions, and order."""

    program: str
    engine: str
    version: str
    words: int


@dataclass(frozen=True, slots=True)
class Rows:
    """How far something goes: for each partition the number of states, and the number of levels."""

    states: tuple[int, ...]
    levels: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A file with what comes after the segment before it: states and parents by partition, then rows of levels.

    ``states`` and ``levels``: how many there are up to its end. ``sum``: its check sum.
    """

    name: str
    states: tuple[int, ...]
    levels: int
    sum: int


NOTHING = Rows((0,) * PARTS, 0)


@dataclass(frozen=True, slots=True)
class Head:
    """``parts``: states, begin, end, cursor, transitions; ``violations``: fault, state, step, depth, check."""

    format: int
    identity: Identity
    segments: tuple[Segment, ...]
    depth: int
    parts: tuple[tuple[int, ...], ...]
    violations: tuple[tuple[int, ...], ...]
    taken: str
    settled: int


def identity_of(unit: Unit) -> Identity:
    source = digest_of(unit.sources)
    try:
        release = version("svmcheck")
    except PackageNotFoundError:
        release = "from a source tree"
    numbering = unit.programs[0]
    return Identity(program_digest(numbering.program), source, release, numbering.packing.words)


def compare(found: Identity, wanted: Identity, folder: Path) -> None:
    remedy = "name another folder, or repeat the command that began it"
    if found.program != wanted.program:
        what = "the checkpoint is of another program: another target, other options or sizes, or its source has changed"
        raise BadRequest(what, remedy, str(folder))
    if found != wanted:
        what = f"the checkpoint was made by another engine (svmcheck {found.version}, here {wanted.version})"
        raise BadRequest(what, "resume it with the version and the options it was begun with", str(folder))


def text(head: Head) -> bytes:
    """Two lines: the header as JSON, and its digest."""
    line = json.dumps(asdict(head)).encode()
    return line + b"\n" + hashlib.sha256(line).hexdigest().encode() + b"\n"


def read(path: Path) -> Head | None:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    if len(lines) != 3 or lines[2] or hashlib.sha256(lines[0]).hexdigest().encode() != lines[1]:
        raise damaged(path)
    raw: dict[str, Any] = json.loads(lines[0])
    if raw.get("format") != FORMAT:
        raise BadRequest("the checkpoint was made by another version of svmcheck", "begin anew elsewhere", str(path))
    segments = (Segment(s["name"], tuple(s["states"]), s["levels"], s["sum"]) for s in raw["segments"])
    parts, violations = (tuple(tuple(row) for row in raw[name]) for name in ("parts", "violations"))
    identity = Identity(**raw["identity"])
    return Head(FORMAT, identity, tuple(segments), raw["depth"], parts, violations, raw["taken"], raw["settled"])


def damaged(path: Path) -> BadRequest:
    return BadRequest("the checkpoint is damaged", "remove the folder and begin anew", str(path))
