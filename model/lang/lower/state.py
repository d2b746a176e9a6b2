# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The state of lowering one actor: the graph so far, the current node, the open blocks, the scopes of inlined calls."""

from __future__ import annotations

import ast
import builtins
import difflib
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, cast

from ...ir.build import hull, implies, loads
from ...ir.expr import TRUE, Const, Expr, Load, Me, integer
from ...ir.program import Check, Fairness, Frame
from ...ir.types import IntType, Type
from ..diagnostics import Diagnostic, Label
from ..graph import Assume, Demand, EdgeKind, Note, Op, Poison, RawGraph, Store
from ..source import SourceFile, Sources
from ..storage import Storage
from ..values import ActorsValue, Function, Meaning, Value, a_type


class LowerError(Exception):
    """One statement cannot be lowered; the statements after it still are.

    ``diagnostic``: None where the reason is reported at another place.
    """

    def __init__(self, diagnostic: Diagnostic | None) -> None:
        super().__init__(diagnostic.headline if diagnostic else "reported elsewhere")
        self.diagnostic = diagnostic


@dataclass(frozen=True)
class Actor:
    """Who is being lowered. ``first``: process id of instance 0; the first state's set-up has ``count`` 0."""

    name: str
    count: int
    first: int
    on_slot: bool = False

    @property
    def me(self) -> Expr:
        return Me(IntType(0, self.count - 1)) if self.count > 1 else integer(0)


@dataclass
class Scope:
    """One inlined function. ``names``: what is bound while compiling; ``assigned``: its run-time locals."""

    function: Function
    prefix: str
    assigned: frozenset[str]
    names: dict[str, Meaning] = field(default_factory=dict[str, Meaning])


@dataclass
class Cleanup:
    """What break, continue and return pass on their way out: a loop, a function, or something to undo."""

    kind: str  # "loop", "function", "exit"
    on_break: int = -1
    on_continue: int = -1
    on_return: int = -1
    undo: Callable[[], None] | None = None


@dataclass(frozen=True)
class Context:
    """The blocks around the current point."""

    pending: tuple[str, ...] = ()
    urgent: int | None = None
    inside: bool = False


@dataclass(frozen=True)
class Counted:
    """A shared variable whose new value depends on its old one. ``diagnostic``: if others may write meanwhile."""

    variable: str
    diagnostic: Diagnostic


@dataclass
class Facts:
    """What one pass over all actors learns and the next one uses: types of locals, and what breaks symmetry.

    ``named``: process classes and heaps of which one particular element is named. ``warnings`` are per pass.
    """

    types: dict[str, Type | None] = field(default_factory=dict[str, "Type | None"])
    declared: dict[str, IntType] = field(default_factory=dict[str, IntType])
    hidden: set[str] = field(default_factory=set[str])
    named: set[str] = field(default_factory=set[str])
    changed: bool = False
    warnings: dict[tuple[str, Frame], Diagnostic] = field(default_factory=dict[tuple[str, Frame], Diagnostic])
    errors: dict[tuple[str, Frame], Diagnostic] = field(default_factory=dict[tuple[str, Frame], Diagnostic])
    checked: set[str] = field(default_factory=set[str])
    tested: set[str] = field(default_factory=set[str])  # options that some function names
    effective: set[str] = field(default_factory=set[str])  # those of them in code that is not ruled out by others
    places: dict[str, list[tuple[str, int]]] = field(default_factory=dict[str, "list[tuple[str, int]]"])
    hints: dict[object, dict[str, object]] = field(default_factory=dict[object, "dict[str, object]"])

    broken: set[str] = field(default_factory=set[str])  # locals whose assignment could not be lowered

    def begin_pass(self) -> None:
        """Forget what the pass before said of the text; keep what it learnt about types."""
        self.changed = False
        self.errors.clear()
        self.warnings.clear()
        self.checked.clear()
        self.tested.clear()
        self.effective.clear()
        self.broken.clear()


class Lowerer:
    """Shared by all modules of this package; each of them is a set of functions over it."""

    def __init__(
        self,
        storage: Storage,
        sources: Sources,
        actor: Actor,
        actors: dict[str, ActorsValue],
        options: dict[str, object],
        facts: Facts,
    ) -> None:
        self.storage, self.sources, self.actor, self.actors = storage, sources, actor, actors
        self.options, self.facts = options, facts
        self.graph = RawGraph()
        self.context = Context()
        self.cur = self.graph.add((), None, False)
        self.ops: list[Op] = []
        self.when: Expr = TRUE
        self.scopes: list[Scope] = []
        self.cleanups: list[Cleanup] = []
        self.frames: tuple[Frame, ...] = ()
        self.label = ""
        self.bound: list[dict[str, Meaning]] = []
        self.quantified: list[str] = []  # the names that the quantifiers around have in the IR
        self.specification = False  # ghosts may be read
        self.untaken = 0  # how many branches around this point are ruled out by options and sizes
        self.waiting = False  # in the condition of wait()
        self.open_sections: list[ast.FunctionDef] = []
        self.held_sections: list[tuple[str, tuple[Expr, ...], Frame]] = []
        self.urgent_blocks: dict[str, int] = {}
        self.goals: list[str] = []
        self.marks: list[str] = []
        self.counted: list[Counted] = []

    @contextmanager
    def specifying(self, on: bool = True) -> Generator[None]:
        """Ghosts may be read inside, if ``on``, as they may where they may already."""
        before, self.specification = self.specification, self.specification or on
        try:
            yield
        finally:
            self.specification = before

    # ---- recovery

    def blocks_around(self) -> tuple[object, ...]:
        """What a statement opens and closes, as it is before the statement."""
        lists = (self.cleanups, self.scopes, self.held_sections, self.open_sections)
        return (self.context, self.untaken, *(list(found) for found in lists))

    def return_to(self, before: tuple[object, ...]) -> None:
        """After an error: as before the statement, nothing gathered."""
        context, untaken, cleanups, scopes, held, opened = before
        self.context, self.untaken = cast("Context", context), cast("int", untaken)
        self.cleanups, self.scopes = cast("list[Cleanup]", cleanups), cast("list[Scope]", scopes)
        self.held_sections = cast("list[tuple[str, tuple[Expr, ...], Frame]]", held)
        self.open_sections = cast("list[ast.FunctionDef]", opened)
        self.ops, self.when, self.bound, self.quantified = [], TRUE, [], []
        self.specification = self.waiting = False

    # ---- places and errors

    @property
    def scope(self) -> Scope:
        return self.scopes[-1]

    @property
    def source(self) -> SourceFile:
        return self.scope.function.source

    def frame(self, node: ast.AST) -> Frame:
        return self.source.frame(node, self.scope.function.name)

    def error(self, code: str, headline: str, node: ast.AST, advice: str, labels: tuple[Label, ...] = ()) -> LowerError:
        chain = self.frames[: len(self.scopes) - 1]
        return LowerError(Diagnostic(code, headline, self.frame(node), advice, labels, chain))

    def warn(
        self, code: str, headline: str, node: ast.AST, advice: str, severity: Literal["warning", "hint"] = "warning"
    ) -> None:
        frame = self.frame(node)
        chain = self.frames[: len(self.scopes) - 1]
        self.facts.warnings.setdefault((code, frame), Diagnostic(code, headline, frame, advice, (), chain, severity))

    def counts(self, variable: str, headline: str, node: ast.AST) -> None:
        """A read and then a write of a shared variable; lint/counting.py tells whether that is worth a hint."""
        advice = "another actor may step in between, as in C; write 'with atomic():' or use a Refcount if it is atomic"
        self._suspect("SVM501", variable, headline, node, advice)

    def updates(self, variable: str, headline: str, node: ast.AST) -> None:
        """A read and a write of a shared variable in one step that nothing says is atomic."""
        advice = "in C this is a load and then a store: 'x += n' is two steps here, or read it into a local first;"
        self._suspect("SVM510", variable, headline, node, f"{advice} 'with atomic():' says that it is one")

    def _suspect(self, code: str, variable: str, headline: str, node: ast.AST, advice: str) -> None:
        chain = self.frames[: len(self.scopes) - 1]
        diagnostic = Diagnostic(code, headline, self.frame(node), advice, (), chain, "hint")
        self.counted.append(Counted(variable, diagnostic))

    def record(self, problem: LowerError) -> None:
        if problem.diagnostic is not None:
            self.facts.errors.setdefault((problem.diagnostic.code, problem.diagnostic.frame), problem.diagnostic)

    # ---- the graph

    def node(self) -> int:
        c = self.context
        return self.graph.add(c.pending, c.urgent, c.inside)

    def emit(
        self,
        ops: Iterable[Op] = (),
        kind: EdgeKind | None = None,
        target: int | None = None,
        fairness: Fairness | None = None,
        label: str | None = None,
    ) -> int:
        """An edge from the current node with the operations gathered so far and ``ops``; its target becomes current."""
        gathered = (*self.ops, *ops)
        self.ops = []
        if target is None:
            target = self.node()
        from ..graph import RawEdge  # local name for the one place that makes edges

        source = self.graph.nodes[self.cur]
        if not source.frames:
            source.frames, source.label = self.frames, self.label
        found = kind or self.kind_of(gathered)
        source.edges.append(
            RawEdge(target, found, gathered, self.label if label is None else label, self.frames, fairness)
        )
        self.cur = target
        return target

    def goto(self, target: int) -> None:
        self.flush()
        self.emit(kind="local", target=target)

    def flush(self) -> None:
        """Make what was gathered for the current statement an edge of its own."""
        if self.ops:
            self.emit()

    def dead_end(self) -> None:
        """After a jump: what follows is lowered for its errors only."""
        self.cur = self.node()

    def kind_of(self, ops: tuple[Op, ...]) -> EdgeKind:
        if any(isinstance(o, Note) and o.text in ("step", "sleep", "resched") for o in ops):
            return "step"
        if any(isinstance(o, Poison) or (isinstance(o, Store) and self.is_shared_var(o.var)) for o in ops):
            return "step"
        if any(isinstance(o, Assume | Store) and self.is_shared(_expr(o)) for o in ops):
            return "step"
        return "lead" if any(isinstance(o, Demand) and self.is_exposed(o.check) for o in ops) else "local"

    def is_exposed(self, check: Check) -> bool:
        """Whether other actors can change the outcome: through shared state, or by freeing what a local refers to."""
        return self.is_shared(check.ok) or check.property in ("no-use-after-free", "no-double-free")

    def is_shared_var(self, name: str) -> bool:
        variable = self.storage.variables.get(name)
        return variable is not None and not variable.ghost

    def is_shared(self, expr: Expr) -> bool:
        return any(self.is_shared_var(name) for name in loads(expr))

    def is_visible(self, expr: Expr) -> bool:
        """Whether it reads anything that is not this actor's own: shared state or ghosts."""
        return any(name in self.storage.variables for name in loads(expr))

    def prefix_of(self, function: Function) -> str:
        """What the locals of an inlined function are named after. Functions of one name in several files differ, and so
        do a section and the same section inside its block."""
        place = (function.source.name, function.node.lineno)
        places = self.facts.places.setdefault(function.name, [])
        if place not in places:
            places.append(place)
        number, depth = places.index(place), sum(s is function.node for s in self.open_sections)
        tags = (f"~{number + 1}" if number else "") + (f"#{depth + 1}" if depth else "")
        return f"{self.actor.name}.{function.name}{tags}"

    @contextmanager
    def dry(self) -> Generator[None]:
        """Look without effect: what is gathered, emitted and learnt inside is forgotten."""
        facts, nodes, edges = self.facts, len(self.graph.nodes), len(self.graph.nodes[self.cur].edges)
        saved = (self.cur, self.ops, self.when, self.context, self.frames, self.label, facts.changed)
        types, scopes, cleanups = dict(facts.types), list(self.scopes), list(self.cleanups)
        self.ops = list(self.ops)
        try:
            yield
        finally:
            self.cur, self.ops, self.when, self.context, self.frames, self.label, facts.changed = saved
            facts.types, self.scopes, self.cleanups = types, scopes, cleanups
            del self.graph.nodes[nodes:], self.graph.nodes[self.cur].edges[edges:]

    # ---- locals

    def local(self, name: str, kind: Type) -> Load:
        return Load(name, (self.actor.me,), kind)

    def local_type(self, name: str) -> Type | None:
        return self.facts.types.get(name)

    def temporary(self, node: ast.AST, value: Expr, tag: str = "") -> Value:
        """A hidden local that keeps the value; stored by the statement being gathered."""
        name = f"{self.scope.prefix}@{getattr(node, 'lineno', 0)}.{getattr(node, 'col_offset', 0)}{tag}"
        self.facts.hidden.add(name)
        self.learn(name, value.type, node)
        self.ops.append(Store(name, (self.actor.me,), value))
        return Value(self.local(name, self.facts.types[name] or value.type), self.source.text(node))

    def learn(self, name: str, kind: Type | None, node: ast.AST) -> None:
        """A value of this type is stored in the local: widen what is known of it."""
        known = self.facts.types.get(name)
        if name in self.facts.declared or kind is None:
            if name not in self.facts.types:
                self.facts.types[name] = None
            return
        if known is None:
            merged: Type = kind
        elif known == kind:
            return
        elif isinstance(known, IntType) and isinstance(kind, IntType):
            merged = hull(known, kind)
        else:
            what = f"'{name.rpartition('.')[2]}' holds {a_type(known)} elsewhere and {a_type(kind)} here"
            if name in self.facts.hidden:
                what = f"values of two types in one place: {a_type(known)}, and {a_type(kind)}"
            raise self.error("SVM210", what, node, "use one local for each type")
        if merged != known:
            self.facts.types[name] = merged
            self.facts.changed = True

    # ---- checks

    def demand(self, ok: Expr, property: str, message: str, subject: Expr | None = None) -> None:
        """A condition the language demands of the statement being gathered, under the short circuits around it.
        ``subject``: what it is about, whose value is told where the condition fails."""
        guarded = implies(self.when, ok)
        if not (isinstance(guarded, Const) and guarded.value):
            self.ops.append(Demand(Check(TRUE, guarded, property, message, self.frames, subject)))


def _expr(op: Assume | Store) -> Expr:
    return op.condition if isinstance(op, Assume) else op.value


def suggest(word: str, known: Iterable[str]) -> str:
    """' (did you mean x?)' or nothing."""
    close = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f": did you mean '{close[0]}'?" if close else ""


BUILTIN_NAMES = frozenset(vars(builtins))
