# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which cells of a trace say who holds a lock: those of owners, and not those of queues, marks and locals."""

from __future__ import annotations

from pathlib import Path

from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.program import LockEvent
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_program
from svmcheck.model.lang.load import load_protocol
from svmcheck.model.lock_events import told
from svmcheck.model.trace import Trace

LOCK = '''
from svmcheck.model.lang import (
    Pid, Record, World, acquired, atomic, bitset, demand, flag, me, null, pid, pool, process, pure, ref, released, wait,
)


class Queued(Record):
    owner = pid()
    queue = bitset(Pid)
    seen = bitset(Pid)

    def lock(self) -> None:
        self.queue.add(me())
        with atomic():
            wait(self.owner == null)
            self.owner = me()
            self.queue.remove(me())
            acquired(self)

    def unlock(self) -> None:
        with atomic():
            self.owner = null
            released(self)

    def pass_by(self) -> None:
        """A mere wait: nobody holds the lock for it."""
        with atomic():
            acquired(self)
            released(self)
            wait(self.owner == null)
            self.seen.add(me())

    @pure
    def held_by(self, who: Pid) -> bool:
        return self.owner == who


class Item(Record):
    lock = Queued()


class W(World):
    plain = Queued()
    items = pool(Item, 2)
    last = pid()
    bad = flag()
'''


def violated(body: str, tmp_path: Path) -> Trace:
    """The trace of the one actor that runs to where it says it is bad."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    path = tmp_path / "locks.py"
    path.write_text(f'{LOCK}\n@process\ndef actor(k: W) -> None:\n{lines}    demand(k.bad, "calm", "here")\n')
    program = compile_program(load_protocol(path))
    calm = tuple(p for p in properties(program) if p.name == "calm")
    (result,) = ReferenceEngine().decide(program, calm, Limits(), lambda _: None).results
    assert result.trace is not None
    return result.trace


def test_the_owner_of_a_lock_and_not_who_stands_in_its_queue(tmp_path: Path) -> None:
    trace = violated("k.plain.lock()\nk.last = me()\nwho = me()\nk.plain.unlock()", tmp_path)
    changed = {change.name for step in trace.steps for change in step.changes}
    assert {"plain.owner", "plain.queue", "last"} <= changed
    assert trace.holders == {"plain.owner"}


def test_the_lock_of_a_record(tmp_path: Path) -> None:
    assert violated("i = k.items.alloc()\ni.lock.lock()", tmp_path).holders in (
        {"items[0].lock.owner"},
        {"items[1].lock.owner"},
    )


def test_who_waits_for_others_to_leave_holds_nothing(tmp_path: Path) -> None:
    trace = violated("k.plain.pass_by()", tmp_path)
    assert "plain.seen" in {change.name for step in trace.steps for change in step.changes}
    assert trace.holders == frozenset()


def test_an_acquisition_that_is_undone_at_once_is_a_wait() -> None:
    take = LockEvent("acquire", "a", (), "exclusive", True, ())
    give = LockEvent("release", "a", (), "exclusive", True, ())
    other = LockEvent("release", "b", (), "exclusive", True, ())
    assert [passing for _, passing in told((take, give))] == [True, False]
    assert [passing for _, passing in told((take, other))] == [False, False]
    assert [passing for _, passing in told((give, take))] == [False, False]
