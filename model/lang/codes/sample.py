# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Small complete protocol files, put together from the parts that matter in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import dedent, indent

LANGUAGE = frozenset({
    "Lock", "Options", "Pid", "Record", "Size", "World", "acquires", "alive", "always_eventually", "array", "atomic",
    "balance", "bitset", "bounded", "choose", "counter", "cover", "demand", "flag", "ghost", "initial", "invariant",
    "leads_to", "me", "never", "null", "pending", "pid", "pool", "process", "pure", "ref", "releases", "rest",
    "section", "state", "touch", "urgent", "wait", "acquired", "released", "resched",
})  # fmt: skip
PRIMITIVES = frozenset({"CpuSlot", "Mutex", "Refcount", "SpinLock", "Work"})


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """``wrong``: a file that draws this code and no other; ``right``: a file without any.

    Where the file is not to blame, ``request`` is what else is on the command line: ``--set``, ``--size``, FILE:World.
    """

    headline: str
    explanation: str
    wrong: str
    right: str
    request: str = ""


def sample(body: str = "k.busy = True", world: str = "busy = flag()", *, top: str = "", more: str = "", end: str = "",
           actor: str = "2", parameters: str = "k: Demo") -> str:  # fmt: skip
    """A file with the world ``Demo`` and ``actor`` instances of ``body``; ``top``, ``more``, ``end``: further text."""
    parts = [
        _clean(top),
        "class Demo(World):\n" + indent(_clean(world), "    "),
        _clean(more),
        f"@process({actor})\ndef worker({parameters}) -> None:\n" + indent(_clean(body), "    "),
        _clean(end),
    ]
    return whole("\n\n\n".join(p for p in parts if p))


def whole(text: str) -> str:
    """A file with the imports its text needs."""
    text = _clean(text)
    words = set(re.findall(r"[A-Za-z_]+", text))
    imports: list[str] = []
    if "Enum" in words:
        imports.append("from enum import Enum, auto")
    if "Iterator" in words:
        imports.append("from collections.abc import Iterator")
    if "Literal" in words:
        imports.append("from typing import Literal")
    for module, known in (("lang", LANGUAGE), ("primitives", PRIMITIVES)):
        if words & known:
            imports.append(f"from svmcheck.model.{module} import {', '.join(sorted(words & known))}")
    return "\n".join(imports) + "\n\n\n" + text + "\n"


def _clean(text: str) -> str:
    return dedent(text).strip("\n")
