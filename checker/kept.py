# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What was computed from a program, kept in the user's cache beside the compiled programs.

The name of an entry is a digest of everything the value depends on: the key under which the program itself is kept,
what else was asked, and the source of the code that computes it. Of a program that is not kept nothing is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from ..model.ir.program import Program
from .compiled import key_of, read_entry, write_entry

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")


@cache
def _code_digest(folders: tuple[str, ...]) -> bytes:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in (".py", ".c", ".h")):
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.digest()


def kept(kind: type[T], program: Program, asked: str, code: tuple[str, ...], make: Callable[[], T]) -> T:
    """A value of this package's class ``kind``: out of the cache, or made now and kept.

    ``asked``: what it depends on besides the program; ``code``: folders of this package whose files compute it.
    """
    key = key_of(program)
    if key is None:
        return make()
    digest = hashlib.sha256("\0".join((key, kind.__name__, asked)).encode() + _code_digest(code)).hexdigest()
    found: Any = read_entry(f"{digest[:40]}.value")
    if isinstance(found, kind):
        return found
    made = make()
    write_entry(f"{digest[:40]}.value", made)
    return made
