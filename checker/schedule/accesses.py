# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Sees every access of tasks to attributes of kernel structures, item by item where an attribute is a dictionary.

For tests only: while ``watching``, every attribute access takes a hundred times as long.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from ...model.kernel import object as kobject
from ...model.kernel import sync
from ...model.kernel.object import Kobject

READ: Final = 0
WRITE: Final = 1
PIECE: Final = 2  # of what belongs to the whole of a dictionary: some item was written

Variable = tuple[Hashable, ...]  # oid and attribute, then what of its contents
CONTENTS: Final = "contents"
WHOLE: Final = "whole"
SYNC: Final = str(Path(sync.__file__).parent)


@dataclass(frozen=True, slots=True)
class Access:
    """``what``: class and attribute. ``line``: file and line of the kernel's source."""

    what: str
    kind: int
    line: str


class Log:
    """The accesses of the step that is being made. ``active``: a task runs, not the scheduler or a check."""

    def __init__(self) -> None:
        self.active = False
        self.step: dict[tuple[Variable, int], Access] = {}
        self._snapshots: dict[Variable, tuple[Any, Any, str, str]] = {}

    def add(self, variable: Variable, what: str, kind: int) -> None:
        if (variable, kind) not in self.step:
            line, own = _line()
            if kind != READ or not own:
                self.step[variable, kind] = Access(what, kind, line)

    def contents(self, variable: Variable, what: str, value: Any) -> None:
        """A list or the like is looked at; whether the step changes it is seen at its end."""
        whole = (*variable, CONTENTS)
        if whole not in self._snapshots:
            line, own = _line()
            if not own:
                self._snapshots[whole] = (value, value.copy(), what, line)

    def finish(self) -> dict[tuple[Variable, int], Access]:
        """The accesses of the step that ends."""
        for whole, (value, before, what, line) in self._snapshots.items():
            kind = READ if value == before else WRITE
            self.step.setdefault((whole, kind), Access(what, kind, line))
        found, self.step, self._snapshots = self.step, {}, {}
        return found


def _line() -> tuple[str, bool]:
    """Where the kernel's code is that makes the access, and whether a lock or the like does it to itself.

    What a primitive of ``model/kernel/sync`` reads outside of its steps means nothing (whether *I* hold it), except
    where it is asked whether anybody does.
    """
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    own = False
    while frame.f_back is not None:
        path = frame.f_code.co_filename
        if path.startswith(SYNC):
            own = own or frame.f_code.co_name != "locked"
        elif path not in (__file__, kobject.__file__):
            break
        frame = frame.f_back
    _, found, inside = frame.f_code.co_filename.rpartition("/model/kernel/")
    return f"{'model/kernel/' + inside if found else frame.f_code.co_filename}:{frame.f_lineno}", own


class _Watched(dict[Any, Any]):
    """A dictionary that is an attribute of a kernel structure."""

    log: Log
    variable: Variable
    what: str

    def _item(self, key: Hashable, kind: int) -> None:
        if self.log.active:
            self.log.add((*self.variable, "item", key), self.what, kind)
            if kind == WRITE:
                self.log.add((*self.variable, WHOLE), self.what, PIECE)

    def _whole(self, kind: int) -> None:
        if self.log.active:
            self.log.add((*self.variable, WHOLE), self.what, kind)

    def __getitem__(self, key: Any) -> Any:
        self._item(key, READ)
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self._item(key, READ)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._item(key, READ)
        return super().__contains__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._item(key, WRITE)
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        self._item(key, WRITE)
        super().__delitem__(key)

    def pop(self, key: Any, *default: Any) -> Any:
        self._item(key, WRITE if super().__contains__(key) else READ)
        return super().pop(key, *default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        self._item(key, READ if super().__contains__(key) else WRITE)
        return super().setdefault(key, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def clear(self) -> None:
        self._whole(WRITE)
        super().clear()

    def __iter__(self) -> Any:
        self._whole(READ)
        return super().__iter__()

    def __len__(self) -> int:
        self._whole(READ)
        return super().__len__()

    def keys(self) -> Any:
        self._whole(READ)
        return super().keys()

    def values(self) -> Any:
        self._whole(READ)
        return super().values()

    def items(self) -> Any:
        self._whole(READ)
        return super().items()


@contextmanager
def watching(log: Log, ignore: frozenset[str]) -> Generator[None]:
    """While inside, ``log`` hears of every access.

    ``ignore``: attributes to leave out, as "Class.attribute"; those that are no part of a state are left out too.
    """

    def get(self: Kobject, name: str) -> Any:
        value: Any = object.__getattribute__(self, name)
        if log.active and name in object.__getattribute__(self, "__dict__"):
            what = _described(type(self), name, ignore)
            if what:
                variable = (object.__getattribute__(self, "oid"), name)
                log.add(variable, what, READ)
                if type(value) in _CHANGEABLE:
                    log.contents(variable, what, value)
        return value

    def put(self: Kobject, name: str, value: Any) -> None:
        attributes = object.__getattribute__(self, "__dict__")
        what = _described(type(self), name, ignore) if "oid" in attributes else ""
        if what:
            variable = (attributes["oid"], name)
            if type(value) is dict:
                value = _Watched(cast("dict[Any, Any]", value))
                value.log, value.variable, value.what = log, variable, what
            if log.active:
                log.add(variable, what, WRITE)
        object.__setattr__(self, name, value)

    setattr(Kobject, "__getattribute__", get)  # noqa: B010 - an assignment would be a type error
    setattr(Kobject, "__setattr__", put)  # noqa: B010
    try:
        yield
    finally:
        del Kobject.__getattribute__
        del Kobject.__setattr__


_CHANGEABLE: Final = (list, set, bytearray, deque)


def _described(kind: type[Kobject], name: str, ignore: frozenset[str]) -> str:
    """Class and attribute; empty for what nobody wants to hear of."""
    if name.startswith("__") or name in ("oid", "_ops"):
        return ""
    for base in kind.__mro__:
        if f"{base.__name__}.{name}" in ignore or name in base.__dict__.get("_uncounted", ()):
            return ""
    return f"{kind.__name__}.{name}"
