# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The document of ``svmcheck gate --json``. The shape is published as ``reports/schemas/gate-1.json``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..specs.catalogue.row import Row, Standing

SCHEMA = "svmcheck/gate/1"
SCHEMA_FILE = Path(__file__).parent / "schemas" / "gate-1.json"


def gate_text(rows: Sequence[Row]) -> str:
    """The document as text; ends with a newline."""
    return json.dumps(gate_json(rows), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def gate_json(rows: Sequence[Row]) -> dict[str, object]:
    counts = Counter(row.standing for row in rows)
    return {"schema": SCHEMA, **{s.value: counts[s] for s in Standing}, "rows": [_row_json(row) for row in rows]}


def _row_json(row: Row) -> dict[str, object]:
    expected, result = row.expectation, row.result
    return {
        "target": row.target,
        "variant": expected.variant,
        "sizes": dict(row.sizes),
        "options": dict(row.options),
        "property": result.property,
        "expected": expected.verdict.value,
        "expected_grade": expected.grade.value if expected.grade else None,
        "verdict": result.verdict.value,
        "grade": result.grade.value if result.grade else None,
        "standing": row.standing.value,
        "met": row.standing is Standing.MET,
        "reason": row.reason,
        "source": expected.source,
        "states": result.states,
        "seconds": result.seconds,
    }
