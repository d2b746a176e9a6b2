# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The document of ``svmcheck lockorder --json``. The shape is published as ``reports/schemas/lockorder-1.json``."""

from __future__ import annotations

import json
from pathlib import Path as File

from ..model.ir.program import Frame
from ..model.lock_graph import LockGraph, Order, Path
from .lockorder import remarks

SCHEMA = "svmcheck/lockorder/1"
SCHEMA_FILE = File(__file__).parent / "schemas" / "lockorder-1.json"


def lockorder_text(target: str, graph: LockGraph) -> str:
    """The document as text; ends with a newline."""
    return json.dumps(lockorder_json(target, graph), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def lockorder_json(target: str, graph: LockGraph) -> dict[str, object]:
    numbers = {order: number for number, order in enumerate(graph.orders)}
    return {
        "schema": SCHEMA,
        "target": target,
        "basis": graph.basis,
        "locks": [{"name": lock.name, "pseudo": lock.pseudo} for lock in graph.locks],
        "orders": [_order(order) for order in graph.orders],
        "cycles": [
            {
                "locks": list(cycle.locks),
                "orders": [numbers[order] for order in cycle.orders],
                "remarks": list(remarks(cycle, graph)),
            }
            for cycle in graph.cycles
        ],
    }


def _order(order: Order) -> dict[str, object]:
    return {
        "before": order.before,
        "after": order.after,
        "shared": order.shared,
        "reads": order.reads,
        "recursive": order.recursive,
        "waits": order.waits,
        "paths": [_path(path) for path in order.paths],
    }


def _path(path: Path) -> dict[str, object]:
    return {"actor": path.actor, "held": _chain(path.held), "taken": _chain(path.taken)}


def _chain(frames: tuple[Frame, ...]) -> list[dict[str, object]]:
    return [{"file": f.file, "line": f.line, "column": f.column, "function": f.function} for f in frames]
