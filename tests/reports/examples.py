# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Programs, traces and results made by hand for the tests of what shows them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from svmcheck.model.ir.expr import Binary, Bound, Const, Expr, Load, Me, Quant
from svmcheck.model.ir.program import (
    Check,
    Dim,
    Edge,
    Fairness,
    Frame,
    Heap,
    Invariant,
    Location,
    LockEvent,
    Process,
    Program,
    Temporal,
    Update,
    Variable,
)
from svmcheck.model.ir.types import BOOL, EnumType, IntType, PidType, RefType
from svmcheck.model.trace import Change, Step, Trace
from svmcheck.specs.verdict import Grade, Result, Verdict

FILE = "model/protocols/cpu_fault.py"
SPINLOCK = "model/primitives/spinlock.py"

PTE = EnumType("Pte", ("DEVICE", "MIGRATION", "RAM"))
PID = PidType(("cpu_fault[0]", "cpu_fault[1]", "evictor"))
PAGE = RefType("pages", 2)
REFS = IntType(0, 9)
SLOT = IntType(0, 1)


def frame(line: int, function: str = "cpu_fault", file: str = FILE) -> Frame:
    return Frame(file, line, 5, line, 20, function)


def called(line: int, inner: int, name: str) -> tuple[Frame, ...]:
    """A primitive called from the protocol: the frame of the call, and that inside the primitive."""
    return frame(line, "take_fault"), frame(inner, name, SPINLOCK)


def equal(left: Expr, right: Expr) -> Binary:
    return Binary("==", left, right, BOOL)


def own(name: str, type_: PidType | RefType) -> Load:
    return Load(name, (Me(SLOT),), type_)


OWNER = Load("ptl.owner", (), PID)
PTE_NOW = Load("pte", (), PTE)
NULL = Const(0, PID)
MYSELF = Binary("+", Me(SLOT), Const(1, SLOT), PID)
SLOT_OF_PAGE = Binary("-", own("cpu_fault.page", PAGE), Const(1, REFS), SLOT)
PAGE_REFS = Load("pages.refs", (SLOT_OF_PAGE,), REFS)
ONE_MORE = Update("pages.refs", (SLOT_OF_PAGE,), Binary("+", PAGE_REFS, Const(1, REFS), REFS))
LIVE = Check(
    equal(PTE_NOW, Const(0, PTE)),
    Binary("!=", own("cpu_fault.page", PAGE), Const(0, PAGE), BOOL),
    "no-null-dereference",
    "page is null here",
    (frame(70),),
)

FAULT = Process(
    "cpu_fault",
    2,
    (
        Location((frame(60),), "k.ptl.lock()", pending=("fault-completes",)),
        Location((frame(62),), "page = k.mapped", pending=("fault-completes",), urgent=equal(PTE_NOW, Const(0, PTE))),
        Location((frame(70),), "get_page(page)", pending=("fault-completes",), rests=True),
        Location((), "end", ends=True),
    ),
    (
        Edge(0, 1, "k.ptl.lock()", called(61, 14, "lock"), guard=equal(OWNER, NULL),
             updates=(Update("ptl.owner", (), MYSELF),),
             locks=(LockEvent("acquire", "ptl", (), "exclusive", True, called(61, 14, "lock")),),
             fairness=Fairness("handover", "ptl", "ptl@61")),
        Edge(1, 2, "page = k.mapped", (frame(62),),
             updates=(Update("cpu_fault.page", (Me(SLOT),), Load("mapped", (), PAGE)),)),
        Edge(2, 3, "get_page(page)", (frame(70),), checks=(LIVE,), updates=(ONE_MORE, Update("ptl.owner", (), NULL)),
             locks=(LockEvent("release", "ptl", (), "exclusive", True, (frame(70),)),),
             completes=("fault-completes",), marks=("fast-path",)),
        Edge(1, 0, "if k.pte == Pte.RAM", (frame(64),), guard=equal(PTE_NOW, Const(2, PTE))),
    ),
    0,
    True,
    frame(58),
)  # fmt: skip
EVICTOR = Process("evictor", 1, (Location((frame(90, "evictor"),), "wait(...)", idle=True),), (), 0, False,
                  frame(88, "evictor"))  # fmt: skip

PROGRAM = Program(
    "cpu-fault",
    (("generation", "g3"), ("driver_lock", "False")),
    (("cpu_threads", 2),),
    (
        Variable("ptl.owner", PID),
        Variable("pte", PTE),
        Variable("mapped", PAGE),
        Variable("pages.refs", REFS, (Dim(2, "pages"),), 1),
        Variable("pages.in_use", BOOL, (Dim(2, "pages"),), hidden=True),
        Variable("history", REFS, (Dim(2),), ghost=True),
        Variable("cpu_fault.page", PAGE, (Dim(2, "cpu_fault"),), owner="cpu_fault"),
    ),
    (Heap("pages", 2, "pages.in_use", ("pages.refs",), True),),
    (FAULT, EVICTOR),
    (
        Invariant(
            "every_page_has_a_reference",
            Quant("all", "i", 0, 2, Binary(">=", Load("pages.refs", (Bound("i", SLOT),), REFS), Const(1, REFS), BOOL),
                  BOOL, SLOT),
            (),
            frame(100, "every_page_has_a_reference"),
        ),
    ),
    (Temporal("faults_end", "leads-to", equal(PTE_NOW, Const(0, PTE)), equal(PTE_NOW, Const(2, PTE)), frame(104)),),
    ("fault-completes",),
    ("fast-path",),
    ((0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0), (0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0)),
    ("option driver_lock changes nothing here",),
)  # fmt: skip


@dataclass
class Teller:
    """Builds a trace step by step; knows the value of each cell, so that a change is only the new value."""

    values: dict[str, str]
    actors: tuple[str, ...]
    steps: list[Step]

    def step(self, process: int, edge: int, line: int, label: str, inner: str = "", **changes: str) -> None:
        """``inner`` names the primitive called on that line. In the names of changes ``__`` stands for a dot."""
        frames = called(line, 14, inner) if inner else (frame(line, "cpu_fault"),)
        found: list[Change] = []
        for name, after in changes.items():
            cell = {"page0": "pages[0].lock.owner", "refs0": "pages[0].refs"}.get(name, name.replace("__", "."))
            found.append(Change(cell, self.values[cell], after))
            self.values[cell] = after
        self.steps.append(Step(self.actors[process], process, edge, label, frames, tuple(found)))


def livelock() -> Trace:
    """Two threads fault on one page; each takes the other's reference for a reason to give up, for ever."""
    page = {"pages[0].lock.owner": "null", "pages[0].refs": "1"}
    start = {"ptl.owner": "null", "pte": "DEVICE", **page, "mapped": "pages[0]"}
    actors = ("cpu_fault[0]", "cpu_fault[1]", "evictor")
    t = Teller(dict(start), actors, [])
    a, b = actors[0], actors[1]
    t.step(0, 0, 61, "k.ptl.lock()", "lock", ptl__owner=a)
    t.step(0, 1, 62, "if k.pte == Pte.RAM")
    t.step(0, 4, 75, "get_page(page)", refs0="2")
    t.step(0, 5, 81, "k.ptl.unlock()", "unlock", ptl__owner="null")
    t.step(1, 0, 61, "k.ptl.lock()", "lock", ptl__owner=b)
    t.step(1, 4, 75, "get_page(page)", refs0="3")
    t.step(1, 5, 81, "k.ptl.unlock()", "unlock", ptl__owner="null")
    t.step(0, 7, 112, "if not page.lock.trylock()", "trylock", page0=a)
    t.step(1, 7, 112, "if not page.lock.trylock()", "trylock")
    t.step(1, 8, 140, "put_page(page)", refs0="2")
    t.step(0, 9, 120, "if page.refs != 1 + expected(page) and opt.generation in ('g0', 'g1')")
    t.step(1, 0, 61, "k.ptl.lock()", "lock", ptl__owner=b)
    t.step(1, 4, 75, "get_page(page)", refs0="3")
    t.step(0, 10, 131, "page.lock.unlock()", "unlock", page0="null")
    t.step(1, 5, 81, "k.ptl.unlock()", "unlock", ptl__owner="null")
    t.step(0, 7, 112, "if not page.lock.trylock()", "trylock", page0=a)
    violation = "fault-completes: cpu_fault[0] and cpu_fault[1] retry for ever, and neither completes its fault"
    holders = frozenset({"ptl.owner", "pages[0].lock.owner"})
    return Trace(0, tuple(start.items()), actors, tuple(t.steps), 8, violation, holders)


def finite() -> Trace:
    """A run of five steps that ends in a use after free."""
    whole = livelock()
    return replace(whole, steps=whole.steps[:5], loop=None,
                   violation="no-use-after-free: cpu_fault[1] follows page after evictor freed pages[0]")  # fmt: skip


def stuck() -> Trace:
    """A lasso whose loop is that nobody has to move any more."""
    whole = livelock()
    stutter = Step("", 0, -1, "nobody has to move any more", (), ())
    violation = "no-partial-deadlock: evictor waits for ever"
    return replace(whole, steps=(*whole.steps[:3], stutter), loop=3, violation=violation)


RESULTS = (
    Result("no-use-after-free", "lifetime", Verdict.HOLDS, "native", 4_511_064, 18_545_128, 61, 0.253,
           assumptions=("steps are sequentially consistent",)),
    Result("no-partial-deadlock", "deadlock", Verdict.TRUNCATED, "native", 1_000_000, 3_200_000, 40, 123.4,
           message="the limit of 1,000,000 states ended the search"),
    Result("fault-completes", "livelock", Verdict.VIOLATED, "native", 29_627, 81_230, 16, 0.01, Grade.ADVERSARIAL,
           ("steps are sequentially consistent", "the hand-over of ptl is fair"),
           "cpu_fault[0] and cpu_fault[1] can retry for ever", livelock()),
)  # fmt: skip
