# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The state of the executable kernel for people: every attribute of its structures as a named cell with a text.

A structure is named by the way on which it was first met, breadth first: ``kernel.mm.page_table[3]``. It keeps that
name for the whole recording, whatever becomes of the way. Operations, functions and private attributes are no cells.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, cast

from ...model.kernel.object import Kobject
from ...model.kernel.sched import Oid, Op, Task
from .statehash import is_frozen

ABSENT = "absent"  # the value of a cell that does not exist yet, or no longer
HIDDEN = frozenset({"oid", "key"})
ATOMS = (type(None), bool, int, float, str, bytes, bytearray, Enum, Task)


class Cells:
    """Reads the same structures again and again under the same names."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._kept: list[object] = []  # named objects stay alive, so that no other gets their address
        self._labels: dict[int, str] = {}
        self._counts: dict[str, int] = {}
        self._used: set[str] = set()

    def read(self, roots: Iterable[object]) -> dict[str, str]:
        """Name and text of every cell."""
        cells: dict[str, str] = {}
        queue: deque[object] = deque()
        seen: set[int] = set()
        for root in roots:
            self._meet(root, _own_name(root) or _snake(type(root).__name__), queue, seen)
        while queue:
            structure = queue.popleft()
            name = self._names[id(structure)]
            for path, value in _parts(structure, name):
                if _is_atom(value) or _is_value(value):
                    cells[path] = self._text(value)
                elif _is_container(value):
                    cells |= self._contents(path, value, queue, seen)
                elif not callable(value) and not isinstance(value, Op | Oid):
                    self._meet(value, path, queue, seen)
                    cells[path] = self._text(value)
        return cells

    def _contents(self, path: str, value: object, queue: deque[object], seen: set[int]) -> dict[str, str]:
        """A mapping is one cell for each key, any other container one cell."""
        if isinstance(value, dict):
            entries = [(f"{path}[{self._text(k)}]", v) for k, v in cast("dict[object, object]", value).items()]
            for name, entry in entries:
                if not _is_plain(entry):
                    self._meet(entry, name, queue, seen)
            return {name: self._text(entry) for name, entry in entries if not callable(entry)}
        items = list(cast("Iterable[object]", value))
        for number, item in enumerate(items):
            if not _is_plain(item):
                self._meet(item, f"{path}[{number}]", queue, seen)
        return {path: self._text(value)}

    def _meet(self, structure: object, name: str, queue: deque[object], seen: set[int]) -> None:
        if id(structure) in seen or callable(structure):
            return
        seen.add(id(structure))
        if id(structure) not in self._names:
            self._kept.append(structure)
            self._names[id(structure)] = self._unused(name)
        queue.append(structure)

    def _unused(self, name: str) -> str:
        chosen, number = name, 1
        while chosen in self._used:
            number += 1
            chosen = f"{name}~{number}"
        self._used.add(chosen)
        return chosen

    def _text(self, value: object) -> str:
        if value is None:
            return "null"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, Enum | Task):
            return value.name
        if isinstance(value, bytes | bytearray):
            return value.hex(" ")
        if isinstance(value, int | float | str):
            return str(value)
        if isinstance(value, Oid):
            return f"{value.task}.{value.number}"
        if isinstance(value, tuple):
            return f"({', '.join(map(self._text, cast('tuple[object, ...]', value)))})"
        if isinstance(value, set | frozenset):
            return f"{{{', '.join(sorted(map(self._text, cast('set[object]', value))))}}}"
        if isinstance(value, list | deque):
            items = cast("list[object]", value)
            texts = ", ".join(map(self._text, items))
            return f"{{{texts}}}" if items and all(isinstance(item, Task) for item in items) else f"[{texts}]"
        return str(value) if _is_value(value) else self._label(value)

    def _label(self, structure: object) -> str:
        """What to call a structure that something refers to: its own name if it has one, else class and number."""
        label = self._labels.get(id(structure))
        if label is None:
            own, kind = _own_name(structure), type(structure).__name__
            if not own:
                self._counts[kind] = self._counts.get(kind, 0) + 1
                own = f"{kind}#{self._counts[kind]}"
            label = self._labels[id(structure)] = own
            self._kept.append(structure)
        return label


def _own_name(structure: object) -> str:
    """The class of a lock or the name that a structure was given, or nothing."""
    own: object = getattr(structure, "lock_class", "") or getattr(structure, "name", "")
    return own if isinstance(own, str) else ""


def changed(before: dict[str, str], after: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Name, value before, value after of each cell that differs; new cells after those that were there."""
    for name, value in before.items():
        if after.get(name, ABSENT) != value:
            yield name, value, after.get(name, ABSENT)
    for name, value in after.items():
        if name not in before:
            yield name, ABSENT, value


def _parts(structure: object, name: str) -> Iterator[tuple[str, object]]:
    """What a structure consists of. A root may be a container or even an atom."""
    if _is_container(structure) or _is_plain(structure):
        yield name, structure
        return
    hidden = HIDDEN | cast("frozenset[str]", getattr(structure, "_uncounted", frozenset[str]()))
    for attribute, value in _attributes(structure):
        if not attribute.startswith("_") and attribute not in hidden:
            yield f"{name}.{attribute}", value


def _attributes(structure: object) -> Iterator[tuple[str, Any]]:
    yield from getattr(structure, "__dict__", {}).items()
    for kind in type(structure).__mro__:
        slots: str | Iterable[str] = kind.__dict__.get("__slots__", ())
        for attribute in (slots,) if isinstance(slots, str) else slots:
            if attribute != "__dict__" and hasattr(structure, attribute):
                yield attribute, getattr(structure, attribute)


def _is_atom(value: object) -> bool:
    return isinstance(value, ATOMS)


def _is_container(value: object) -> bool:
    return isinstance(value, dict | list | deque | set | frozenset | tuple) and not isinstance(value, Oid)


def _is_value(value: object) -> bool:
    """It is what it says."""
    return is_frozen(type(value)) and not isinstance(value, Kobject)


def _is_plain(value: object) -> bool:
    return _is_atom(value) or _is_value(value) or _is_container(value) or isinstance(value, Op | Oid)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
