# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The fine-grained control-flow graph that statements are lowered to, before steps are formed (fuse.py).

Every edge is an ordered list of operations. A ``step`` edge touches shared state or blocks; a ``lead`` edge only looks
at shared state on behalf of an assertion and is taken together with what follows; a ``local`` edge is no step at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..ir.expr import Expr
from ..ir.program import Check, Fairness, Frame, LockEvent


@dataclass(frozen=True, slots=True)
class Assume:
    """The edge can be taken only if this holds."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class Store:
    """``declared``: whether the value must be kept in the variable's domain by a check (added when lowering)."""

    var: str
    index: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Demand:
    """Evaluated when the edge is taken; ``check.when`` is filled in by the path."""

    check: Check


@dataclass(frozen=True, slots=True)
class Poison:
    """The slot (0-based) of a heap was freed: every reference to it dangles."""

    heap: str
    slot: Expr


@dataclass(frozen=True, slots=True)
class Note:
    """``idle``, ``spin``, ``sleep`` (the edge waits), ``mark:x``, ``complete:x``, ``resched``, ``no-return:f``.

    ``enter:prefix``: a function begins; its locals ``prefix.*`` hold nothing yet, whatever an earlier call left there.
    """

    text: str


Op = Assume | Store | Demand | Poison | Note | LockEvent
EdgeKind = Literal["local", "lead", "step"]
OUTCOMES = (": true", ": false")  # how the labels of the two ways from a test end


@dataclass(slots=True)
class RawEdge:
    target: int
    kind: EdgeKind
    ops: tuple[Op, ...]
    label: str
    frames: tuple[Frame, ...]
    fairness: Fairness | None = None


@dataclass(slots=True)
class RawNode:
    """``inside``: within an atomic block, where no step can end. ``pending``/``urgent``: the blocks it stands in."""

    pending: tuple[str, ...]
    urgent: int | None
    inside: bool
    frames: tuple[Frame, ...] = ()
    label: str = ""
    rests: bool = False
    ends: bool = False
    edges: list[RawEdge] = field(default_factory=list[RawEdge])


class RawGraph:
    def __init__(self) -> None:
        self.nodes: list[RawNode] = []

    def add(self, pending: tuple[str, ...], urgent: int | None, inside: bool) -> int:
        self.nodes.append(RawNode(pending, urgent, inside))
        return len(self.nodes) - 1
