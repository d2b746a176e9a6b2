# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Everything a catalogue expects, checked: one search for each program, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.ir.program import Program
from ..model.ir.properties import Property, properties
from ..model.lang.diagnostics import Diagnostic, ProtocolError
from ..specs.catalogue.entry import EVERY, Catalogue, Expectation, Target, Variant
from ..specs.catalogue.row import Row
from ..specs.suggest import suggest
from ..specs.verdict import Result, Verdict
from .decide import decide as decide_all
from .engine import Limits, Progress, Tick
from .registry import Wishes, make
from .selection import BadRequest, Selection, checked_options, checked_sizes, find_world, load

if TYPE_CHECKING:
    from ..model.lang.compile import Compiled
    from ..model.lang.load import WorldInfo

# Variant, options and sizes: what makes two expectations speak of one program.
_Key = tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class Job:
    """One program and everything expected of it. ``options``: those of the variant with those set over them."""

    target: Target
    variant: str
    options: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]
    expectations: tuple[Expectation, ...]
    engine: str

    @property
    def name(self) -> str:
        return " ".join([self.target.name, self.variant, *(f"{k}={v}" for k, v in self.sizes)])


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a job. ``warnings``: what the compiler wants told about its program, hints included."""

    rows: tuple[Row, ...]
    warnings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A job that is a mistake in the catalogue or protocol. Travels between processes, which exceptions do badly."""

    requests: tuple[tuple[str, str, str], ...] = ()  # what, advice, where
    diagnostics: tuple[Diagnostic, ...] = ()

    def error(self) -> Exception:
        if self.diagnostics:
            return ProtocolError(self.diagnostics)
        return _together([BadRequest(*request) for request in self.requests])


def _together(errors: Sequence[BadRequest]) -> BadRequest:
    """One error that has the others with it, each text once."""
    first, *others = {str(e): e for e in errors}.values()
    return BadRequest(first.what, first.advice, first.where, tuple(others))


def plan(catalogue: Catalogue, engine: str) -> tuple[Job, ...]:
    """The jobs of a catalogue, each program once. Raises ``ProtocolError``, or a ``BadRequest`` with every option and
    size that the protocols do not have."""
    wrong: list[BadRequest] = []
    jobs = tuple(job for target in catalogue.targets for job in _jobs(target, engine, wrong))
    if wrong:
        raise _together(wrong)
    return jobs


def _jobs(target: Target, engine: str, wrong: list[BadRequest]) -> Iterator[Job]:
    """The programs of one target; every variant is looked at, expected of or not."""
    world = find_world(load(target.protocol), target.world)
    chosen_by = {v.name: _chosen(world, v, wrong) for v in target.variants}
    groups: dict[_Key, list[Expectation]] = {}
    for e in target.expectations:
        (options, counts), (chosen, sizes) = chosen_by[e.variant], _chosen(world, e, wrong)
        key = (e.variant, tuple(sorted({**options, **chosen}.items())), tuple(sorted({**counts, **sizes}.items())))
        groups.setdefault(key, []).append(e)
    for (variant, chosen, sizes), expectations in groups.items():
        yield Job(target, variant, chosen, sizes, tuple(expectations), engine)


def _chosen(
    world: WorldInfo, said: Variant | Expectation, wrong: list[BadRequest]
) -> tuple[dict[str, str], dict[str, int]]:
    """Its options and sizes, without those that the world does not have, which are put down as ``wrong``."""
    options: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for name, value in said.options:
        try:
            options.update(checked_options(world, {name: value}, str(said.place)))
        except BadRequest as error:
            wrong.append(error)
    for name, count in said.sizes:
        try:
            sizes.update(checked_sizes(world, {name: count}, str(said.place)))
        except BadRequest as error:
            wrong.append(error)
    return options, sizes


def run(
    jobs: Sequence[Job], workers: int, on_tick: Callable[[Job, Tick], None]
) -> Generator[tuple[Job, Checked], None, None]:
    """What becomes of each job, in the order in which they end. Raises ``BadRequest`` or ``ProtocolError``.

    Closing it ends the searches that are under way.
    """
    from .workers import Died, run_all

    for event in run_all(jobs, decide, workers, lambda number, tick: on_tick(jobs[number], tick)):
        job = jobs[event.number]
        if isinstance(event, Died):
            yield job, Checked(truncated(job, _cause_of_death(event.code)))
        elif isinstance(event.value, Refusal):
            raise event.value.error()
        else:
            yield job, event.value


def decide(job: Job, progress: Progress) -> Checked | Refusal:
    """One search for everything expected of a program."""
    try:
        compiled = _compiled(job)
        program = compiled.program
        asked = _asked(program, job.expectations)
        names = {p.name for _, found in asked for p in found}
        wanted = tuple(p for p in properties(program) if p.name in names)
        outcome = decide_all(make(job.engine, Wishes(workers=1)).engine, program, wanted, Limits(), progress)
    except BadRequest as error:
        return Refusal(tuple((e.what, e.advice, e.where) for e in (error, *error.others)))
    except ProtocolError as error:
        return Refusal(diagnostics=error.diagnostics)
    except MemoryError:
        return Checked(truncated(job, "this machine's memory is full"))
    results = {r.property: r for r in outcome.results}
    return Checked(tuple(_row(job, e, results[p.name]) for e, found in asked for p in found), compiled.warnings)


def _asked(program: Program, expectations: Sequence[Expectation]) -> list[tuple[Expectation, tuple[Property, ...]]]:
    """The properties of each expectation. Raises one ``BadRequest`` with all names that the program does not have."""
    found: list[tuple[Expectation, tuple[Property, ...]]] = []
    wrong: list[BadRequest] = []
    for expectation in expectations:
        try:
            found.append((expectation, expected_properties(program, expectation)))
        except BadRequest as error:
            wrong.append(error)
    if wrong:
        raise _together(wrong)
    return found


def _row(job: Job, expectation: Expectation, result: Result) -> Row:
    world = f":{job.target.world}" if job.target.world else ""
    return Row(job.target.name, f"{job.target.protocol}{world}", job.options, job.sizes, expectation, result)


def program_of(job: Job) -> Program:
    return _compiled(job).program


def _compiled(job: Job) -> Compiled:
    protocol = load(job.target.protocol)
    world = find_world(protocol, job.target.world)
    return Selection(
        job.target.name, protocol, world, job.variant, dict(job.options), dict(job.sizes), job.target
    ).compile()


def expected_properties(program: Program, expectation: Expectation) -> tuple[Property, ...]:
    """The properties an expectation speaks of, each of which the program must have."""
    known = properties(program)
    names = [p.name for p in known]
    for name in (*expectation.properties, *expectation.excluded):
        if name not in names and name != EVERY:
            what = f'the variant "{expectation.variant}" of "{program.name}" has no property "{name}"'
            raise BadRequest(what, suggest(name, names, "properties"), str(expectation.place))
    every = expectation.properties == (EVERY,)
    return tuple(p for p in known if (every and p.name not in expectation.excluded) or p.name in expectation.properties)


def truncated(job: Job, why: str) -> tuple[Row, ...]:
    """The rows of a job that never came to an end; ``*`` stands for itself, as the program may not be known."""
    return tuple(
        _row(job, e, Result(p, "", Verdict.TRUNCATED, job.engine, 0, 0, 0, 0.0, message=why))
        for e in job.expectations for p in e.properties
    )


def _cause_of_death(code: int | None) -> str:
    if code == -9:
        return "the search was killed, most likely because the machine's memory was full; fewer --jobs need less"
    return f"the search ended unexpectedly (exit code {code})"
