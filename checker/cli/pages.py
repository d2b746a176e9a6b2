# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What ``--report`` puts into a folder: pages for reading, drawings, and the JSON that ``svmcheck replay`` takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...model.ir.program import Program
from ...reports.json_check import Check, check_text
from ...reports.json_run import ScenarioRun
from ...specs.catalogue.row import Row
from ...specs.verdict import Verdict
from ..engine import Progress, Tick
from ..selection import find_world, load
from .output import whole

Page = tuple[Row, Path]


def write_check_pages(folder: Path, check: Check, program: Program) -> tuple[Path, ...]:
    """One page and one JSON document for the check, and a drawing of every counterexample. Returns what was written."""
    from ...reports.graph.counterexample import counterexample
    from ...reports.graph.render import render
    from ...reports.html.page import write_page

    name = file_name(check.target, check.variant or "")
    page, json = folder / f"{name}.html", folder / "check.json"
    with whole(page):
        write_page(page, check, program=program)
    with whole(json):
        json.write_text(check_text(check), encoding="utf-8")
    written = [page, json]
    for result in check.results:
        if result.trace is not None:
            graph = counterexample(result.trace, result.property)
            target = folder / f"{name}-{file_name(result.property)}.svg"
            with whole(target):
                drawing = render(graph, target)
            written.append(drawing.picture or drawing.source)
    return tuple(written)


def write_run_pages(folder: Path, run: ScenarioRun) -> tuple[Path, ...]:
    """The same for a session of runs; its JSON document is ``run.json``."""
    from ...reports.graph.counterexample import counterexample
    from ...reports.graph.render import render
    from ...reports.html.page import write_page
    from ...reports.json_run import run_text
    from ...reports.slices import sliced

    name = file_name("run", run.scenario)
    page, json = folder / f"{name}.html", folder / "run.json"
    shown = Check(run.scenario, None, run.sizes, run.options, run.results)
    with whole(page):
        write_page(page, shown, notes=(*run.notes, *run.remarks))
    with whole(json):
        json.write_text(run_text(run), encoding="utf-8")
    written = [page, json]
    for result in run.results:
        if result.trace is not None:
            graph = counterexample(sliced(result.trace), result.property)
            target = folder / f"{name}-{file_name(result.property)}.svg"
            with whole(target):
                drawing = render(graph, target)
            written.append(drawing.picture or drawing.source)
    return tuple(written)


@dataclass(frozen=True, slots=True)
class PageJob:
    row: Row
    path: Path


def write_gate_pages(folder: Path, rows: Sequence[Row], workers: int, show: Callable[[str], None]) -> Path:
    """A page for every violated row, and ``index.html`` with all rows, whose path is returned.

    Pages are made by several workers, as their drawings take longer than many a search. Raises OSError.
    """
    from ...reports.gate_page import gate_page
    from ..workers import Died, run_all

    violated = [(n, row) for n, row in enumerate(rows, start=1) if row.result.verdict is Verdict.VIOLATED]
    jobs = [PageJob(row, folder / _page_name(n, row)) for n, row in violated]
    links: dict[int, str] = {}
    for event in run_all(jobs, write_row_page, workers, _ignore):
        number, job = violated[event.number][0], jobs[event.number]
        if isinstance(event, Died):
            show(f"no page for {job.row.target} {job.row.expectation.variant}: its writer was killed")
        elif event.value:
            raise OSError(*event.value)
        else:
            links[number - 1] = job.path.name
        show(f"pages: {len(links)} of {len(jobs)}")
    index = folder / "index.html"
    with whole(index):
        index.write_text(gate_page(rows, links), encoding="utf-8")
    return index


def write_row_page(job: PageJob, progress: Progress) -> tuple[int, str, str] | None:
    """Writes one page; what the operating system refuses comes back as the arguments of an OSError."""
    from ...reports.html.page import write_page

    row, program = job.row, _program(job.row)
    check = Check(row.target, row.expectation.variant, program.sizes, program.options, (row.result,))
    try:
        with whole(job.path):
            write_page(job.path, check, program=program)
    except OSError as error:
        return error.errno or 0, error.strerror or str(error), str(error.filename or job.path)
    return None


def _program(row: Row) -> Program:
    from ...model.lang.compile import compile_program

    file, _, world = row.protocol.partition(".py:")
    protocol = load(Path(f"{file}.py" if world else file))
    name = find_world(protocol, world or None).name
    return compile_program(protocol, name, dict(row.options), dict(row.sizes))


def _page_name(number: int, row: Row) -> str:
    return f"{number:03d}-{file_name(row.target, row.expectation.variant, row.result.property)}.html"


def file_name(*parts: str) -> str:
    """Parts of a name joined by hyphens, without anything a file system or a shell could mind."""
    words = (re.sub(r"[^A-Za-z0-9._-]+", "-", Path(p).name if "/" in p else p).strip("-.") for p in parts)
    return "-".join(w for w in words if w) or "report"


def _ignore(number: int, tick: Tick) -> None: ...
