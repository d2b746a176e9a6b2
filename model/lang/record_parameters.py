# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The static parameters of a record, as in ``Mutex(handover="weak")``: which there are, and what they may be."""

from __future__ import annotations

from typing import Literal, get_args, get_origin, get_type_hints

from .declare import Record, is_field


class ParameterError(Exception):
    """A parameter that its record does not have, or cannot be so. ``advice``: what to do."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem, self.advice = problem, advice


def defaults(record: type[Record]) -> dict[str, object]:
    """The annotated attributes of a record class, with their defaults."""
    result: dict[str, object] = {}
    for base in reversed(record.__mro__):
        for attr in vars(base).get("__annotations__", {}):
            if attr in vars(base):
                result[attr] = vars(base)[attr]
    return result


def check(record: Record) -> None:
    """Raises ParameterError for the first parameter that is wrong: it would silently take the place of a field."""
    kind = type(record)
    known = defaults(kind)
    for name, value in record.parameters.items():
        if name not in known:
            if is_field(getattr(kind, name, None)):
                advice = f"'{name}' is a field: every record begins with its declared value; set another in @initial"
            else:
                listed = ", ".join(known) or "none"
                advice = f"parameters of {kind.__name__}: {listed}"
            raise ParameterError(f"{kind.__name__} has no parameter '{name}'", advice)
        choices = _choices(kind, name)
        if choices and value not in choices:
            listed = ", ".join(map(repr, choices))
            raise ParameterError(f"{name}={value!r} is no parameter of {kind.__name__}", f"write one of {listed}")


def _choices(kind: type[Record], name: str) -> tuple[object, ...]:
    """What the annotation allows; empty where it does not say."""
    try:
        hint = get_type_hints(kind).get(name)
    except (NameError, TypeError, AttributeError):
        return ()
    if hint is bool:
        return (False, True)
    return get_args(hint) if get_origin(hint) is Literal else ()
