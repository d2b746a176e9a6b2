# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The state of the executable kernel for people: every attribute of its structures as a named cell with a text.

A structure is named by the way on which it was first met, breadth first: ``kernel.mm.page_table[3]``. It keeps that
name for the whole recording, whatever becomes of the way. No cells are what says how and not what is: configuration,
names, callbacks, operations, functions, private attributes.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from typing import Any, cast

from ...model.kernel.object import Kobject
from ...model.kernel.sched import Oid, Op, Task
from ...reports.run import named
from .statehash import is_frozen

ABSENT = "absent"  # the value of a cell that does not exist yet, or no longer
ALLOCATED = "allocated"
GONE = "gone"
HIDDEN = frozenset({"oid", "key", "config", "name", "lock_class", "on_destroy"})
ATOMS = (type(None), bool, int, float, str, bytes, bytearray, Enum, Task)


class Cells:
    """Reads the same structures again and again under the same names."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._kept: list[object] = []  # named objects stay alive, so that no other gets their address
        self._labels: dict[int, str] = {}
        self._counts: dict[str, int] = {}
        self._used: set[str] = set()
        self._parents: dict[int, int] = {}  # on whose way a structure was first met
        self._owners: dict[str, int] = {}  # which structure a cell is of
        self._handles: dict[int, str] = {}
        self._used_handles: set[str] = set()
        self.holders: set[str] = set()  # the cells that say who holds a lock

    def read(self, roots: Iterable[object]) -> dict[str, str]:
        """Name and text of every cell."""
        cells: dict[str, str] = {}
        queue: deque[object] = deque()
        seen: set[int] = set()
        for root in roots:
            self._meet(root, _own_name(root) or _snake(type(root).__name__), queue, seen)
        while queue:
            structure = queue.popleft()
            found = self._cells_of(structure, queue, seen)
            self._owners |= dict.fromkeys(found, id(structure))
            cells |= found
        return cells

    def _cells_of(self, structure: object, queue: deque[object], seen: set[int]) -> dict[str, str]:
        cells: dict[str, str] = {}
        name = self._names[id(structure)]
        self.holders |= {f"{name}.{attribute}" for attribute in getattr(type(structure), "holders", ())}
        for path, value in _parts(structure, name):
            if _is_atom(value) or _is_value(value):
                cells[path] = self._text(value)
            elif _is_container(value):
                cells |= self._contents(path, value, structure, queue, seen)
            elif _is_state(value) and not isinstance(value, Oid):
                self._meet(value, path, queue, seen, structure)
                cells[path] = self._text(value)
        return cells

    def changes(self, before: dict[str, str], after: dict[str, str], actor: str) -> Iterator[tuple[str, str, str]]:
        """Name, value before, value after of each cell that differs; new cells after those that were there.

        A structure that can be reached only now, or no longer, is one change, with all that hangs on it alone. Of its
        cells are told only those that name the actor that moved, since lanes show from them what it holds.
        """
        old, new = ({self._owners[name]: None for name in cells} for cells in (before, after))
        fresh, lost = ({i: None for i in some if i not in others} for some, others in ((new, old), (old, new)))
        for name in {**before, **after}:
            values = before.get(name, ABSENT), after.get(name, ABSENT)
            whole = self._owners[name] in fresh or self._owners[name] in lost
            if values[0] != values[1] and (not whole or any(named(value, frozenset({actor})) for value in values)):
                yield name, *values
        for structures, values in ((fresh, (ABSENT, ALLOCATED)), (lost, (ALLOCATED, GONE))):
            for structure in structures:
                if self._parents.get(structure) not in structures:
                    yield self._handle(structure), *values

    def _contents(
        self, path: str, value: object, structure: object, queue: deque[object], seen: set[int]
    ) -> dict[str, str]:
        """A mapping is one cell for each key, any other container one cell."""
        if isinstance(value, dict):
            entries = [(f"{path}[{self._text(k)}]", v) for k, v in cast("dict[object, object]", value).items()]
            for name, entry in entries:
                if not _is_plain(entry):
                    self._meet(entry, name, queue, seen, structure)
            return {name: self._text(entry) for name, entry in entries if _is_state(entry)}
        items = list(cast("Iterable[object]", value))
        for number, item in enumerate(items):
            if not _is_plain(item):
                self._meet(item, f"{path}[{number}]", queue, seen, structure)
        return {path: self._text(value)}

    def _meet(
        self, structure: object, name: str, queue: deque[object], seen: set[int], parent: object | None = None
    ) -> None:
        if id(structure) in seen or callable(structure):
            return
        seen.add(id(structure))
        if id(structure) not in self._names:
            self._kept.append(structure)
            self._names[id(structure)] = _unused(name, self._used)
            self._parents[id(structure)] = id(parent)
        queue.append(structure)

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
        if isinstance(value, tuple | set | frozenset | list | deque):
            return self._joined(cast("Collection[object]", value))
        return str(value) if _is_value(value) else self._label(value)

    def _joined(self, container: Collection[object]) -> str:
        items = [item for item in container if _is_state(item)]
        texts = list(map(self._text, items))
        if isinstance(container, tuple):
            return f"({', '.join(texts)})"
        if isinstance(container, set | frozenset):
            return f"{{{', '.join(sorted(texts))}}}"
        tasks = bool(items) and all(isinstance(item, Task) for item in items)
        return f"{{{', '.join(texts)}}}" if tasks else f"[{', '.join(texts)}]"

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

    def _handle(self, structure: int) -> str:
        """The label of a structure where no other has the same."""
        if structure not in self._handles:
            label = self._label(next(kept for kept in self._kept if id(kept) == structure))
            self._handles[structure] = _unused(label, self._used_handles)
        return self._handles[structure]


def _unused(name: str, used: set[str]) -> str:
    """The name, with a number if it is used already; from now on it is."""
    chosen, number = name, 1
    while chosen in used:
        number += 1
        chosen = f"{name}~{number}"
    used.add(chosen)
    return chosen


def _own_name(structure: object) -> str:
    """The class of a lock or the name that a structure was given, or nothing."""
    own: object = getattr(structure, "lock_class", "") or getattr(structure, "name", "")
    return own if isinstance(own, str) else ""


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


def _is_state(value: object) -> bool:
    return not callable(value) and not isinstance(value, Op)


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
