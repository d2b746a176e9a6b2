# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What to write instead, where a kernel developer or a Python programmer writes what they are used to."""

from __future__ import annotations

import ast

from ...ir.types import IntType, PidType, SetType, Type
from ..declare import Record
from ..decorators import mark_of
from ..storage import members
from ..values import (
    ActorsValue,
    Alias,
    ArrayValue,
    Builtin,
    Function,
    Meaning,
    OptionsValue,
    Place,
    PoolValue,
    Static,
    Value,
)  # fmt: skip

BLOCKS = "blocks: atomic(), pending(goal), urgent(on), a lock, a section"
TAKES = ("lock", "lock_nested", "trylock")

# Functions of the kernel -> how a protocol says it.
KERNEL = {
    **dict.fromkeys(("mutex_lock", "spin_lock", "folio_lock", "lock_page"), "x.lock.lock(), or 'with x.lock:'"),
    **dict.fromkeys(("mutex_unlock", "spin_unlock", "folio_unlock", "unlock_page"), "x.lock.unlock()"),
    **dict.fromkeys(("mutex_trylock", "spin_trylock", "folio_trylock"), "x.lock.trylock()"),
    **dict.fromkeys(("down_read", "mmap_read_lock"), "x.sem.down_read(), or 'with x.sem.read():'"),
    **dict.fromkeys(("down_write", "mmap_write_lock"), "x.sem.down_write(), or 'with x.sem.write():'"),
    **dict.fromkeys(("up_read", "mmap_read_unlock"), "x.sem.up_read()"),
    **dict.fromkeys(("up_write", "mmap_write_unlock"), "x.sem.up_write()"),
    **dict.fromkeys(("kref_get", "refcount_inc", "folio_get", "get_page"), "x.refs.get(), of a Refcount"),
    **dict.fromkeys(("kref_put", "refcount_dec_and_test", "folio_put", "put_page"),
                    "'if x.refs.put():' and then what the last one does"),
    **dict.fromkeys(("wait_event", "wait_event_interruptible"), "wait(condition)"),
    **dict.fromkeys(("schedule", "cond_resched"), "resched(), or wait(condition)"),
    **dict.fromkeys(("kmalloc", "kzalloc"), "page = k.pages.alloc(), from a pool"),
    "kfree": "k.pages.free(page)",
    "wait_for_completion": "x.done.wait(), of a Completion",
    **dict.fromkeys(("complete", "complete_all"), "x.done.complete_all(), of a Completion"),
    **dict.fromkeys(("queue_work", "schedule_work"), "x.work.queue(), of a Work"),
    "flush_work": "x.work.flush(), of a Work",
    "cancel_work_sync": "x.work.cancel_sync(), of a Work",
    **dict.fromkeys(("WARN_ON", "BUG_ON", "VM_BUG_ON"), 'assert condition, "what it means"'),
    **dict.fromkeys(("READ_ONCE", "WRITE_ONCE", "smp_mb"),
                    "the field itself: memory is sequentially consistent here"),
}  # fmt: skip


def unknown_name(name: str) -> str | None:
    """For the name of a kernel function."""
    return f"a protocol writes {KERNEL[name]}" if name in KERNEL else None


def in_with(found: Meaning, node: ast.expr, text: str) -> str:
    """What stands in a with statement and is no block. ``text``: how it is written."""
    if isinstance(found, Builtin) or (isinstance(found, Function) and found.role == "section"):
        given = '"goal"' if isinstance(found, Builtin) and found.name == "pending" else ""
        return f"write 'with {text}({given}):'"
    if isinstance(found, Alias) and (sections := sections_of(found.cls)):
        return "write " + " or ".join(f"'with {text}.{name}():'" for name in sections)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKES:
        return f"write 'with {text.rpartition('.')[0]}:'; what may fail is tested first and unlocked by hand"
    return BLOCKS


def sections_of(cls: type) -> list[str]:
    """The methods of a record that stand in with statements."""
    marks = ((name, mark_of(value)) for name, value in members(cls))
    return [name for name, mark in marks if mark is not None and mark.role == "section"]


def unused(found: Meaning, text: str) -> str:
    """A statement that is nothing but the name of something."""
    if isinstance(found, Function | Builtin):
        return f"to call it, write {text}()"
    if isinstance(found, Alias) and hasattr(found.cls, "lock"):
        return f"to take it, write {text}.lock(), or 'with {text}:'"
    return "assign it, test it, or remove the line"


def no_value(found: Meaning, text: str) -> str:
    """What stands where a value is needed. ``text``: how it is written."""
    match found:
        case Builtin(name):
            return f"to call it, write {name.rpartition('.')[2]}()"
        case Function():
            return f"to call it, write {text}()"
        case OptionsValue():
            return "name one of the options: 'opt.policy'"
        case Static(str()):
            return "texts are compared with options only; declare an Enum, and use its members: Pte.RAM"
        case Alias(cls) if hasattr(cls, "locked"):
            return "ask whether it is locked(), or held_by(me()); to take it is a statement of its own"
        case Alias(cls):
            return f"only records of a pool can be referred to: declare 'things = pool({cls.__name__}, n)'"
        case PoolValue() | ArrayValue():
            return "name one element, or go through all of them with 'for'"
        case _:
            return "a value is a bool, an integer, an Enum member, a reference or a process id"


def not_called(found: Meaning) -> str:
    """What is called and is no function."""
    if isinstance(found, ActorsValue):
        return "an actor runs by itself: move what both do into a function that both call"
    return "call protocol functions and words of the language"


def compared(left: Type, right: Type) -> str:
    """Two types that nothing has both of."""
    if {type(left), type(right)} == {PidType, IntType}:
        return (
            "instances of an actor are alike and have no number: give the special one a @process of its own, or keep"
            " who it is in a field of the world, 'k.first == me()'"
        )
    return "compare values of one type"


def no_constant(kind: str) -> str:
    """A container of Python, where a constant may stand. ``kind``: list, tuple, dict or set."""
    instead = "bitset(Pid), bitset(Enum) or bitset(n)" if kind == "set" else "array(n, field) or pool(Record, n)"
    return f"declare it in the world: {instead}; constants are single integers, bools and texts"


def no_attribute(base: Meaning) -> str:
    """What has no fields."""
    if isinstance(base, PoolValue):
        return "a pool has alloc(), try_alloc() and free(record)"
    if isinstance(base, Value | Place) and isinstance(base.type, SetType):
        return "a set has add(x), remove(x) and clear(); 'x in s' and len(s) ask"
    return "fields belong to worlds, records and references to them"


def not_assigned(found: Meaning, text: str) -> str:
    """What stands on the left of an assignment."""
    match found:
        case ArrayValue():
            return f"assign to an element: '{text}[i] = ...'; or to each: 'for i in range(n):'"
        case Alias(cls) if issubclass(cls, Record):
            methods = [n for n, value in members(cls) if callable(value) and not n.startswith("_")]
            known = f"it has {', '.join(f'{n}()' for n in methods[:6])}" if methods else "assign to its fields"
            return f"a record in place stays what it is; {known}"
        case _:
            return "assign to a field or an array element"
