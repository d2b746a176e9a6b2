# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Many runs of a scenario, each followed through its protocol: conformance, and how much of the protocol was met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ...model.ir.program import Edge, Program
from ...model.ir.properties import properties
from ...model.kernel.abstraction.abstraction import Abstraction
from ...model.kernel.scenario import World
from ...model.lang.compile import compile_program
from ...model.lang.load import load_protocol
from ...specs.suggest import suggest
from ..engine import Engine, Limits
from ..schedule.backends import Greenlets
from ..schedule.request import Chosen, choose
from ..schedule.runtime import Run, Runtime
from ..schedule.strategy import Strategy
from ..selection import BadRequest
from .follow import Follower, Mismatch
from .view import Seen, View

MOST_STEPS = 1_000  # of a run: more than any that ends has, and a livelock shows nothing new for ever
PROTOCOLS = Path(__file__).resolve().parents[2] / "model" / "protocols"


class Undecided(Exception):
    """Which steps of the protocol can be met is not known."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A run in which implementation and protocol part. ``schedule``: what replays it; ``message``: one sentence."""

    schedule: tuple[int, ...]
    message: str


@dataclass
class Conformance:
    """``covered``: (process class, edge) of the protocol's steps that were met. ``differences``: at most one a run."""

    view: View
    runs: int = 0
    covered: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    differences: list[Difference] = field(default_factory=list[Difference])

    def missed(self, engine: Engine, limits: Limits | None = None) -> list[tuple[str, int]]:
        """Steps that the protocol can take at these sizes and options, and that no run has met. Left out are those that
        the abstraction says the kernel does not have.

        Raises ``Undecided`` where the engine reaches a limit before it knows which those are.
        """
        program = self.view.program
        coverage = engine.decide(program, properties(program), limits or Limits(), lambda tick: None).coverage
        if not coverage.complete:
            raise Undecided(f"{program.name} has more states than the limits allow")
        processes = [p for p in program.processes if p.count]
        every = [(p.name, number) for p in processes for number in range(len(p.edges))]
        unreachable = set(coverage.edges)
        left_out = unreachable | {edge for edge in every if self.why_never(edge)}
        return [edge for edge in every if edge not in self.covered and edge not in left_out]

    def why_never(self, edge: tuple[str, int]) -> str:
        """Why the kernel does not have this step of the protocol; nothing for most."""
        return self.view.abstraction.never.get(f"{edge[0]}: {self._edge(edge).label}", "")

    def label(self, edge: tuple[str, int]) -> str:
        """A step of the protocol as text: its process, the line in the protocol's source, what it does there."""
        found = self._edge(edge)
        own = [frame.line for frame in found.frames if Path(frame.file).name == self.view.abstraction.file]
        lines = own or [frame.line for frame in found.frames]
        return f"{edge[0]}, line {lines[-1] if lines else 0}: {found.label}"

    def _edge(self, edge: tuple[str, int]) -> Edge:
        return next(p for p in self.view.program.processes if p.name == edge[0]).edges[edge[1]]


@cache
def _program(
    file: str, world: str | None, options: tuple[tuple[str, str], ...], sizes: tuple[tuple[str, int], ...]
) -> Program:
    return compile_program(load_protocol(PROTOCOLS / file), world, dict(options), dict(sizes))


def chosen_for(
    abstraction: Abstraction, options: Mapping[str, str] | None = None, sizes: Mapping[str, int] | None = None
) -> Chosen:
    """The scenario of an abstraction. Raises ``BadRequest``."""
    return choose(abstraction.scenario, options, sizes)


def view_of(abstraction: Abstraction, chosen: Chosen) -> View:
    """The protocol with the options and sizes that the scenario was chosen with. Raises ``BadRequest``."""
    config, sizes = chosen.config, dict(chosen.sizes)
    worlds = load_protocol(PROTOCOLS / abstraction.file).worlds
    known = worlds[abstraction.world or next(iter(worlds))].options
    options: dict[str, str] = {}
    for name, other in abstraction.options.items():
        value: object = getattr(config, other)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        options[name] = abstraction.values.get((name, text), text)
        if options[name] not in known[name].choices:
            raise BadRequest(
                f'"{abstraction.protocol}" does not know {other}={text}', suggest(text, known[name].choices, "values")
            )
    options.update({name: values[sizes[size]] for name, (size, values) in abstraction.switches.items()})
    own = {**abstraction.fixed, **{name: sizes[other] for name, other in abstraction.sizes.items()}}
    return View(_program(abstraction.file, abstraction.world, tuple(options.items()), tuple(own.items())), abstraction)


def conform(
    abstraction: Abstraction,
    strategy: Strategy,
    options: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
    against: View | None = None,
    most_differences: int = 1,
    most_steps: int = MOST_STEPS,
) -> Conformance:
    """Runs until the strategy has enough, or so many differences are found.

    ``against``: another protocol than that of the scenario's own options, for asking whether a broken implementation
    is told from it. Raises ``BadRequest`` as ``choose`` does.
    """
    chosen = chosen_for(abstraction, options, sizes)
    result = Conformance(against or view_of(abstraction, chosen))
    for _ in conform_runs(result, chosen, strategy, most_steps):
        if len(result.differences) >= most_differences:
            break
    return result


def conform_runs(
    result: Conformance, chosen: Chosen, strategy: Strategy, most_steps: int = MOST_STEPS
) -> Iterator[Run]:
    """Follows one run after the other, as many as the strategy has, and enters each into ``result``."""
    runtime = Runtime(Greenlets(), strategy, most_steps)
    while strategy.begin(runtime):
        followed = _Followed(chosen, result.view, runtime)
        run = runtime.run(followed.setup)
        result.runs += 1
        message = followed.difference(run)
        if message:
            result.differences.append(Difference(run.schedule, message))
        else:
            result.covered |= followed.follower.covered(result.covered)
        yield run


class _Followed:
    """One run with its follower."""

    def __init__(self, chosen: Chosen, view: View, runtime: Runtime) -> None:
        self.chosen = chosen
        self.view = view
        self.runtime = runtime
        self.follower = Follower(view)
        self._read: Callable[[World], Seen] = lambda world: ()
        self._mismatch: Mismatch | None = None

    def setup(self) -> World:
        world = self.chosen.setup()
        self._read = self.view.reader(world)
        self.follower.begin(self._read(world))
        self.runtime.observers[:] = [self._look]
        return world

    def _look(self) -> None:
        runtime = self.runtime
        task = runtime.last_task
        if self.follower.mismatch is None and task is not None:
            self.follower.step(task, runtime.last_op.name, self._read(runtime.world))

    def difference(self, run: Run) -> str:
        """Where the two part, or nothing."""
        self.runtime.observers.clear()
        if self.follower.mismatch is not None:
            return self.follower.mismatch.text
        failure, task = run.failure, self.runtime.last_task
        if failure is None or failure.check == "deadlock" or task is None:
            return ""
        violated = self.follower.violations(task)
        shows = self.view.abstraction.shows
        if any(failure.check in shows.get(name, (name,)) for name in violated):
            return ""
        return f"the run fails ({failure.check}: {failure.message}), and the protocol does not"
