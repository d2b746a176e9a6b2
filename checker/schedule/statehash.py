# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A hash of everything that decides how a run can go on: the world, and where each task stands in its code.

Two states that differ only in the identity of their objects, or in the order in which these were made, hash equal:
an object is named by when the walk first meets it. Left out: names of objects (``oid``) that nobody keeps,
``Kobject._uncounted``, the operations that objects keep, and locals that are never read again. Dictionaries with plain
keys count as unordered: kernel code must not depend on the order in which they were filled (``in sorted(...)``). What
cannot be seen is not passed over: ``Unseen`` is raised (writers.py, frames.py). What lies outside of the world, as
globals do, is looked for by trying other runs (crosscheck.py).
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from hashlib import blake2b

from ...model.kernel.object import Kobject
from ...model.kernel.sched import START, Oid, Task
from ...model.kernel.sync.lockdep import Lockdep
from .frames import VISIBLE, activations
from .runtime import Runtime
from .unseen import unseen_place
from .writers import PLAIN, VALUES, code_text, is_frozen, writer

__all__ = ["Walk", "is_frozen", "state_hash", "value_hash"]

DIGEST = 16  # bytes: no two of 10^12 states are likely to share one


def state_hash(runtime: Runtime) -> bytes:
    """The state of a run between two steps. Raises Unseen."""
    walk = Walk()
    walk.take(list(runtime.world.roots))
    for task in runtime.alive:
        walk.task(task, runtime)
    if runtime.lockdep is not None:
        walk.out.extend(_orders(runtime.lockdep))
    return walk.digest()


def value_hash(value: object) -> bytes:
    """The hash of one structure, for comparing structures. Raises Unseen."""
    walk = Walk()
    walk.take(value)
    return walk.digest()


def _orders(lockdep: Lockdep) -> Iterator[str]:
    """Orders seen so far decide which acquisition will be an error."""
    for first in sorted(lockdep.after):
        yield first
        yield from sorted(lockdep.after[first])


class Walk:
    """Writes values down as a sequence of plain ones. ``numbers``: the objects met, by address; ``kept`` keeps them.

    ``sets``: those whose members have no order of their own. They are written last, when most members have a number.
    ``names``: the objects met, by name; ``referred``: where a name is kept, to be replaced by the object's number.
    """

    def __init__(self) -> None:
        self.out: list[object] = []
        self.numbers: dict[int, int] = {}
        self.kept: list[object] = []
        self.seqs: dict[int, int] = {}  # values of notifier sequences, in the order met
        self.sets: list[set[object] | frozenset[object]] = []
        self.names: dict[Oid, int] = {}
        self.referred: list[tuple[int, Oid]] = []

    def digest(self) -> bytes:
        for members in self.sets:  # which may grow
            for _, member in sorted(((self._rank(m), m) for m in members), key=lambda pair: pair[0]):
                self.take(member)
        return blake2b(self._text(), digest_size=DIGEST).digest()

    def _text(self) -> bytes:
        for position, name in self.referred:
            self.out[position] = self.names.get(name, -1)
        return marshal.dumps(self.out, 0)

    def refer(self, name: Oid) -> None:
        """The name of an object is kept somewhere."""
        self.referred.append((len(self.out), name))
        self.out.append(-1)

    def _rank(self, member: object) -> tuple[int, bytes, list[bool]]:
        """An order that addresses have no part in: members met before, then by content and the sets they are in."""
        number = self.numbers.get(id(member))
        if number is not None:
            return number, b"", []
        other = Walk()
        other.numbers = dict(self.numbers)
        other.names = dict(self.names)
        other.take(member)
        return len(self.numbers), blake2b(other._text()).digest(), [member in s for s in self.sets]

    def task(self, task: Task, runtime: Runtime) -> None:
        op = task.op
        self.out += ("task", task.number, op.name, op.mode, op.urgent, task.urgent, task.inside)
        self.out += (len(task.hurried), *task.hurried, len(task.held), *task.pending)
        self.take([task.held, task.waits, task.cpu, op.key, op.ready, runtime.handled.get(task)])
        if op is START:
            self.take(task.function)
        for call in activations(runtime.backend.frame(task)):
            if VISIBLE and call.temporaries is None:
                raise unseen_place(call.code.co_filename, call.line, call.why)
            self.out += (code_text(call.code), call.lasti, *call.locals)
            self.take((*call.locals.values(), call.temporaries))

    def take(self, value: object) -> None:
        """Writes a value and all it leads to, depth first; without recursion, as lists may be long."""
        stack = [value]
        out, numbers = self.out, self.numbers
        while stack:
            value = stack.pop()
            kind = type(value)
            if kind in _IS_PLAIN:
                out.append(value)
                continue
            number = numbers.get(id(value))
            if number is not None:
                out.append("^")
                out.append(number)
                continue
            write = writer(kind)
            if write not in VALUES and kind is not frozenset:
                number = numbers[id(value)] = len(numbers)
                self.kept.append(value)
                if isinstance(value, Kobject):
                    self.names[value.oid] = number  # before what it leads to: that may keep the name
            children = write(self, value)
            if children:
                stack.extend(reversed(children))


_IS_PLAIN = frozenset(PLAIN)
