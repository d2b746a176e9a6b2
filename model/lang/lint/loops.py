# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A loop that may go round for ever while nothing asks whether it does: nobody owes there that it is left.

Left alone, as going round is meant or cannot last:
- loops that pass a place to stop at (``rest``, an idle wait), or sleep until others do something, but for a lock;
- loops that the actor leaves when it likes: ``choose`` decides;
- loops that count: every way round moves some number that nobody moves back, or a reference on along a list;
- loops without a way out in a program where others owe something: an environment. If nobody does, they are told.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ...ir.build import loads
from ...ir.expr import Binary, Const, Load
from ...ir.program import LIBRARY, Edge, Frame, Location, Update, shown_frame
from ..diagnostics import Diagnostic
from ..fuse import Automaton
from ..lowering import Result
from ..source import SourceFile


@dataclass(frozen=True)
class _Actor:
    """``abroad``: what is stored while this actor goes round, except by the edges on its way."""

    automaton: Automaton
    locals: frozenset[str]
    abroad: tuple[Update, ...]

    def loops(self) -> Iterator[frozenset[int]]:
        """The locations that lie on common ways round, without those at which going round is accounted for."""
        inside = {n for n, location in enumerate(self.automaton.locations) if not self._is_settled(n, location)}
        edges = [e for e in self.automaton.edges if e.source in inside and e.target in inside]
        for loop in self._endless(inside, edges):
            if not _is_chosen([e for e in self.automaton.edges if e.source in loop]):
                yield loop

    def _is_settled(self, number: int, location: Location) -> bool:
        settled = location.pending or location.rests or location.idle
        return bool(settled) or (number in self.automaton.sleeps and not self._takes_a_lock(number))

    def _takes_a_lock(self, number: int) -> bool:
        return any(ev.action == "acquire" for e in self.automaton.edges if e.source == number for ev in e.locks)

    def _endless(self, nodes: Collection[int], edges: Collection[Edge]) -> Iterator[frozenset[int]]:
        """The ways round that remain when those that count are taken out, again and again."""
        for loop in components(nodes, edges):
            around = [e for e in edges if e.source in loop and e.target in loop]
            mine = [u for e in around for u in e.updates]
            theirs = [u for u in self.abroad if u.var not in self.locals]
            steady = one_way((*mine, *theirs))
            kept = [e for e in around if not any(u.var in steady or self._walks(u) for u in e.updates)]
            if len(kept) == len(around):
                yield loop
            else:
                yield from self._endless(loop, kept)

    def _walks(self, update: Update) -> bool:
        """``page = page.next``: a list ends, unless it is a ring, which is no matter of schedules."""
        name, value = update.var, update.value
        return name in self.locals and isinstance(value, Load) and any(name in loads(i) for i in value.index)


def unowed(result: Result, automata: Mapping[str, Automaton], temporal: bool) -> Iterator[Diagnostic]:
    """One hint for each actor at most. ``temporal``: the author wrote what must happen, which may speak of the loop."""
    if temporal:
        return
    owed = any(location.pending for automaton in automata.values() for location in automaton.locations)
    for name, lowered in result.actors.items():
        others = (a for n, a in automata.items() if n != name or lowered.actor.count > 1)
        abroad = tuple(u for automaton in others for e in automaton.edges for u in e.updates)
        for loop in _Actor(automata[name], frozenset(lowered.locals()), abroad).loops():
            ends = any(e.source in loop and e.target not in loop for e in automata[name].edges)
            if ends or not owed:
                locations = [automata[name].locations[n] for n in sorted(loop)]
                yield _hint(name, locations, ends, lowered.low.sources.files.values())
                break


def one_way(updates: Iterable[Update]) -> frozenset[str]:
    """The variables that are only counted up, or only counted down."""
    found: dict[str, set[int]] = {}
    for update in updates:
        found.setdefault(update.var, set()).add(direction(update))
    return frozenset(name for name, ways in found.items() if ways in ({1}, {-1}))


def direction(update: Update) -> int:
    """1 if the value goes up, -1 if it goes down, 0 if neither is certain."""
    match update.value:
        case Binary("+" | "-" as op, Load(var, index), Const(value)) if (var, index) == (update.var, update.index):
            change = value if op == "+" else -value
            return (change > 0) - (change < 0)
        case _:
            return 0


def _is_chosen(edges: Collection[Edge]) -> bool:
    """Whether somewhere two steps can always be taken alike: a choice of the actor's own."""
    guards = [(e.source, e.guard) for e in edges]
    return len(set(guards)) < len(guards)


def components(nodes: Collection[int], edges: Collection[Edge]) -> Iterator[frozenset[int]]:
    """The strongly connected components that contain a way round, by their least location."""
    after: dict[int, set[int]] = {n: set() for n in nodes}
    before: dict[int, set[int]] = {n: set() for n in nodes}
    for edge in edges:
        after[edge.source].add(edge.target)
        before[edge.target].add(edge.source)
    left = set(nodes)
    for node in sorted(nodes):
        if node in left:
            found = _reached(node, after, left) & _reached(node, before, left)
            left -= found or {node}
            if found:
                yield frozenset(found)


def _reached(start: int, successors: Mapping[int, set[int]], among: set[int]) -> set[int]:
    """What one step or more lead to."""
    found: set[int] = set()
    work = [start]
    while work:
        fresh = (successors[work.pop()] & among) - found
        found |= fresh
        work += fresh
    return found


def _hint(name: str, loop: list[Location], ends: bool, files: Iterable[SourceFile]) -> Diagnostic:
    chain, place = _place([location.frames for location in loop if location.frames], {f.name: f for f in files})
    if ends:
        what, goal = f"{name} may never leave this loop, and no property asks whether it does", "is left"
    else:
        what, goal = f"{name} goes round for ever, and no property asks whether it gets on", "gets done what is in it"
    advice = f"put it into 'with pending(\"goal\"):', and the property 'goal' is that it {goal} on every fair schedule"
    return Diagnostic("SVM509", what, place, advice, (), chain, "hint")


def _place(steps: list[tuple[Frame, ...]], files: Mapping[str, SourceFile]) -> tuple[tuple[Frame, ...], Frame]:
    """The calls that lead to a loop, and the head of the innermost statement of the author's that it lies in."""
    common = 0
    while all(len(s) > common + 1 and s[common] == steps[0][common] for s in steps):
        common += 1
    for depth in range(common, -1, -1):
        inside = [s[depth] for s in steps]
        file = files.get(inside[0].file)
        head = file and not file.name.startswith(LIBRARY) and _loop_around(inside, file)
        if head:
            return steps[0][:depth], head
    shown = shown_frame(steps[0])
    assert shown is not None
    return steps[0][: steps[0].index(shown)], shown


def _loop_around(inside: list[Frame], file: SourceFile) -> Frame | None:
    """From the word ``while`` to the end of its condition."""
    first, last = min(f.line for f in inside), max(f.end_line for f in inside)
    loops = (n for n in ast.walk(file.tree) if isinstance(n, ast.While))
    around = [n for n in loops if n.lineno <= first and last <= (n.end_lineno or n.lineno)]
    if not around:
        return None
    innermost = max(around, key=lambda n: n.lineno)
    condition, start = file.frame(innermost.test, inside[0].function), file.frame(innermost)
    return replace(condition, line=start.line, column=start.column)
