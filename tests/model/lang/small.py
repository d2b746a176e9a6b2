# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Small protocols from text, compiled and explored completely by the reference semantics."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.evaluate import State
from svmcheck.model.ir.program import Program
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.codes.sample import sample, whole
from svmcheck.model.lang.compile import Compiled, compile_checked
from svmcheck.model.lang.load import load_protocol
from svmcheck.model.semantics import Semantics, Violation
from svmcheck.specs.verdict import Result


@dataclass
class Small:
    """``ends``: what the shared fields hold, as text, wherever nobody can move any more.

    ``violated``: the properties that some step or state breaks. ``steps``: the transitions, violating ones left out.
    """

    program: Program
    states: set[State] = field(default_factory=set[State])
    steps: int = 0
    violated: set[str] = field(default_factory=set[str])
    ends: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    deadlock: bool = False

    def values(self, name: str) -> set[str]:
        """What one field may hold in the end."""
        return {end[name] for end in self.ends}

    @property
    def labels(self) -> list[str]:
        return [edge.label for process in self.program.processes for edge in process.edges]

    def decide(self) -> dict[str, Result]:
        """The verdict of the reference engine for every property."""
        found = ReferenceEngine().decide(self.program, properties(self.program), Limits(), lambda _: None)
        return {result.property: result for result in found.results}


def compiled(
    text: str, options: dict[str, str] | None = None, sizes: dict[str, int] | None = None, world: str | None = None
) -> Compiled:
    """Raises ProtocolError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.py"
        path.write_text(text)
        return compile_checked(load_protocol(path), world, options, sizes)


def explored(
    text: str, options: dict[str, str] | None = None, sizes: dict[str, int] | None = None, world: str | None = None
) -> Small:
    semantics = Semantics(compiled(text, options, sizes, world).program)
    found = Small(semantics.program)
    work = list(semantics.initial)
    while work:
        state = work.pop()
        if state in found.states:
            continue
        found.states.add(state)
        found.violated |= {f.invariant.name for f in semantics.failing_invariants(state)}
        found.deadlock |= semantics.is_deadlock(state)
        successors = semantics.successors(state)
        if not successors:
            found.ends.append(shared(semantics, state))
        for _, _, target in successors:
            if isinstance(target, Violation):
                found.violated.add(target.check.property)
            else:
                found.steps += 1
                work.append(target)
    return found


def shared(semantics: Semantics, state: State) -> dict[str, str]:
    """The fields of the world by display name."""
    names = semantics.layout.cell_names()
    variables = [v for v in semantics.program.variables for _ in range(_cells(v.dims))]
    first = len(semantics.instances)
    shown = zip(names[first:], variables, state[first:], strict=True)
    return {name: v.type.show(value) for name, v, value in shown if v.owner is None}


def _cells(dims: tuple[object, ...]) -> int:
    result = 1
    for dim in dims:
        result *= getattr(dim, "size", 1)
    return result


def one(body: str, world: str, **parts: str) -> Small:
    """One actor. ``parts``: as for ``sample``."""
    return explored(sample(body, world, **{"actor": "1", **parts}))


def two(body: str, world: str, **parts: str) -> Small:
    """Two instances of one actor."""
    return explored(sample(body, world, **{"actor": "2", **parts}))


__all__ = ["Small", "compiled", "explored", "one", "sample", "two", "whole"]
