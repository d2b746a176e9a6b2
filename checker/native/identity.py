# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A digest of what a program means: the same in every process, which orders sets as it likes."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import cast

from ...model.ir.program import Frame, Program

WITHOUT_MEANING = ("notes",)


def program_digest(program: Program) -> str:
    """64 hexadecimal digits. Places in source files do not count."""
    return _digest(program, {}).hex()


def _digest(value: object, known: dict[int, bytes]) -> bytes:
    """``known``: digests by identity. Expressions are shared, and all that is asked about is part of one program."""
    found = known.get(id(value))
    if found is None:
        found = hashlib.sha256(b"\0".join(_parts(value, known))).digest()
        known[id(value)] = found
    return found


def _parts(value: object, known: dict[int, bytes]) -> list[bytes]:
    """The name of the kind, and the digests of what a value consists of, which are of one length."""
    kind = type(value).__name__.encode()
    if isinstance(value, Frame):
        return [kind]
    if is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in fields(value) if f.name not in WITHOUT_MEANING]
        return [kind, *(_digest(getattr(value, name), known) for name in names)]
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        return [kind, *(_digest(item, known) for item in items)]
    if isinstance(value, frozenset):
        members = cast("frozenset[object]", value)
        return [kind, *sorted(_digest(item, known) for item in members)]
    return [kind, repr(value).encode()]
