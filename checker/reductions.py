# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The reductions that a user may ask an engine for, by name."""

from __future__ import annotations

SYMMETRY, PARTIAL_ORDER = "symmetry", "partial-order"
REDUCTIONS = (SYMMETRY, PARTIAL_ORDER)
NONE: frozenset[str] = frozenset()
# Unasked only what keeps shortest counterexamples.
UNASKED = frozenset({SYMMETRY})
