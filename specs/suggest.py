# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The advice to give for a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable


def closest(name: str, known: Iterable[str]) -> str | None:
    """What was meant, if something comes close."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


def suggest(name: str, known: Iterable[str], nouns: str) -> str:
    """``did you mean "g1"?``, or which names there are, in one sentence."""
    names = list(dict.fromkeys(known))
    close = closest(name, names)
    if close is not None:
        return f'did you mean "{close}"?'
    if not names:
        return f"there are no {nouns} here"
    return f"the {nouns} can be: {', '.join(names)}"
