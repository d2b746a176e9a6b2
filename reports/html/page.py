# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The HTML page: everything it needs is put into the one file, everything from users is escaped."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...model.ir.program import Program
from ...model.trace import Trace
from ...specs.verdict import Result, Verdict
from ..graph.automaton import automata
from ..graph.counterexample import counterexample
from ..graph.render import svg
from ..json_check import Check
from ..source import Sources, shown_frame
from ..terminal import counted, remarked, seconds_text, verdict_text, violations_first
from .lanes import Swimlanes, swimlanes

FOLDER = Path(__file__).parent
MOST_BESIDE = 8  # verdicts that are shown beside a violation without folding them away
MOST_NODES = 400  # steps of a counterexample that is still worth drawing as a graph


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture for the page: ``svg`` is an ``<svg>`` element made by graphviz, which escapes the texts in it."""

    title: str
    svg: str


@dataclass(frozen=True, slots=True)
class Section:
    """One counterexample on the page. ``data``: what the script reads, as JSON that is safe inside ``<script>``."""

    id: str
    result: Result
    trace: Trace
    lanes: Swimlanes
    drawings: tuple[Drawing, ...]
    data: str


def page(
    check: Check, sources: Sources | None = None, program: Program | None = None, notes: tuple[str, ...] = ()
) -> str:
    """The whole page. With the program, and ``dot`` installed, it has the automata with the path of each trace.

    ``notes``: sentences on what limits the verdicts.
    """
    import jinja2

    shared = sources or Sources()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"verdict_text": verdict_text, "seconds_text": seconds_text}
    results = violations_first(check.results)
    sections = {n: _section(n, r, program) for n, r in enumerate(results)}
    groups = remarked(results)
    told, folded = _folded(list(enumerate(results)), {n for n, s in sections.items() if s is not None})
    return environment.get_template("page.html.j2").render(
        check=check,
        told=told,
        folded=folded,
        folded_summary=_counted(r for _, r in folded),
        messages={group[0].property: group[0].message for group in groups if len(group) == 1},
        shared_messages=[(counted(group), group[0].message) for group in groups if len(group) > 1],
        notes=notes,
        sections={n: s for n, s in sections.items() if s is not None},
        assumptions=list(dict.fromkeys(a for r in check.results for a in r.assumptions)),
        files=script_json(_files(check, shared)),
        css=(FOLDER / "page.css").read_text(encoding="utf-8"),
        js=(FOLDER / "page.js").read_text(encoding="utf-8"),
    )


def write_page(
    path: Path,
    check: Check,
    sources: Sources | None = None,
    program: Program | None = None,
    notes: tuple[str, ...] = (),
) -> None:
    """Writes the page. Raises OSError if the folder cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(check, sources, program, notes), encoding="utf-8")


Numbered = list[tuple[int, Result]]


def _folded(results: Numbered, shown: set[int]) -> tuple[Numbered, Numbered]:
    """Which results are seen at once, and which are folded away: what a reader came for is the counterexample."""
    told = [(n, r) for n, r in results if n in shown or r.verdict is Verdict.VIOLATED]
    rest = [entry for entry in results if entry not in told]
    return (told, rest) if told and len(rest) > MOST_BESIDE else (results, [])


def _counted(results: Iterable[Result]) -> str:
    counts = Counter(result.verdict.value for result in results)
    return "All others: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def _section(number: int, result: Result, program: Program | None) -> Section | None:
    trace = result.trace
    if trace is None:
        return None
    id_ = f"counterexample-{number + 1}"
    drawings = _drawings(trace, result.property, program, id_)
    return Section(id_, result, trace, swimlanes(trace), drawings, script_json(_trace_data(trace)))


def _drawings(trace: Trace, name: str, program: Program | None, id_: str) -> tuple[Drawing, ...]:
    """What ``dot`` can draw; nothing without it, since the lanes tell the same."""
    wanted = {"The counterexample as a graph": counterexample(trace, name)} if len(trace.steps) <= MOST_NODES else {}
    if program is not None:
        wanted |= {f"The automaton of {n}, its path marked": gv for n, gv in automata(program, trace).items()}
    made = ((title, svg(gv)) for title, gv in wanted.items())
    return tuple(Drawing(t, _own_ids(text, f"{id_}-{n}")) for n, (t, text) in enumerate(made) if text is not None)


def _own_ids(text: str, prefix: str) -> str:
    """Graphviz numbers the elements of every drawing alike; on one page they must differ."""
    return re.sub(r'(<(?:g|a|title|linearGradient)\b[^>]*?\bid=")', rf"\g<1>{prefix}-", text)


def _trace_data(trace: Trace) -> Mapping[str, object]:
    """What the script steps through: the start, and for each step who, where and what changed."""
    return {
        "start": [list(cell) for cell in trace.start],
        "actors": list(trace.actors),
        "loop": trace.loop,
        "steps": [
            {
                "actor": step.actor,
                "label": step.label,
                "frames": [[f.file, f.line, f.function] for f in step.frames],
                "shown": step.frames.index(shown) if (shown := shown_frame(step.frames)) else 0,
                "changes": [[c.name, c.before, c.after] for c in step.changes],
            }
            for step in trace.steps
        ],
    }


def _files(check: Check, sources: Sources) -> Mapping[str, list[str]]:
    """The lines of every source file that a step points at; a file that cannot be read has none."""
    frames = (f for r in check.results if r.trace for s in r.trace.steps for f in s.frames)
    return {file: list(sources.lines(file)) for file in dict.fromkeys(f.file for f in frames)}


def script_json(value: object) -> str:
    """JSON for a ``<script>`` element: nothing in it can end the element or start a comment."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
