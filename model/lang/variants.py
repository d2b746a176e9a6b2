# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options that change nothing: for each of their values the automata are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import cast

from ..ir.program import Frame, Program
from .compile import compile_program
from .diagnostics import Diagnostic
from .load import Protocol
from .settings import choose_world


def options_without_effect(
    protocol: Protocol,
    world: str | None = None,
    options: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> tuple[Diagnostic, ...]:
    """Hints on options of a world whose values make no difference where the other options are as given.

    Compiles the world once for each value of each option. Raises ProtocolError.
    """
    info = choose_world(protocol, world)
    given = dict(options or {})
    found: list[Diagnostic] = []
    for name, option in info.options.items():
        shapes = {_shape(compile_program(protocol, world, given | {name: c}, sizes)) for c in option.choices}
        if len(shapes) == 1 and len(option.choices) > 1:
            others = ", ".join(f"{n}={v}" for n, v in given.items() if n != name)
            what = f"the option '{name}' changes nothing" + (f" with {others}" if others else "")
            advice = "take it out, or test it where the designs differ"
            frame = protocol.file.attribute(option.cls.__name__, name)
            found.append(Diagnostic("SVM508", what, frame, advice, severity="hint"))
    return tuple(found)


def _shape(program: Program) -> str:
    """The program without its options and without places in the source."""
    return _text([getattr(program, f.name) for f in fields(program) if f.name != "options"])


def _text(part: object) -> str:
    if isinstance(part, Frame):
        return ""
    if is_dataclass(part) and not isinstance(part, type):
        inside = ",".join(_text(getattr(part, f.name)) for f in fields(part))
        return f"{type(part).__name__}({inside})"
    if isinstance(part, frozenset):
        return _text(sorted(map(str, cast("frozenset[object]", part))))
    if isinstance(part, tuple | list):
        return "[" + ",".join(_text(p) for p in cast("Sequence[object]", part)) + "]"
    return repr(part)
