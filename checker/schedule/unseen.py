# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""State that a hash cannot see, and of which it says so: two states that differ only there would count as one."""

from __future__ import annotations


class Unseen(Exception):
    """What cannot be seen, where it is, and what to do instead."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}; {advice}")


def unseen_value(value: object, why: str) -> Unseen:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    what = f"the state of a {name} cannot be seen ({why})"
    return Unseen(what, "keep it in attributes, lists, dictionaries or locals of plain Python")


def unseen_place(file: str, line: int, why: str) -> Unseen:
    what = f"the state of what goes on at {file}:{line} cannot be seen: {why}"
    return Unseen(what, "take it apart, with a local variable for each value")
