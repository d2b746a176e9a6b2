# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One colour for each actor of a drawing, told apart with any kind of colour vision, readable on light and on dark."""

from __future__ import annotations

from collections.abc import Iterable

# After the palette of Okabe and Ito.
COLOURS = ("#0072b2", "#d55e00", "#00845f", "#b0568c", "#a67200", "#3d8bc4", "#7d5ab5", "#77776b")
LOOP = "#c0262d"


def actor_colours(actors: Iterable[str]) -> dict[str, str]:
    """Colours in order of the actors; after the eighth they repeat."""
    return {actor: COLOURS[number % len(COLOURS)] for number, actor in enumerate(actors)}
