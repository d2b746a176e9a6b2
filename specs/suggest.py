# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The advice to give for a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str], nouns: str) -> str:
    """``did you mean "g1"?``, or which names there are, in one sentence."""
    from difflib import get_close_matches

    names = list(dict.fromkeys(known))
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    if not names:
        return f"there are no {nouns} here"
    return f"the {nouns} can be: {', '.join(names)}"
