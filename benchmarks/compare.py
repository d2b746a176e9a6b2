# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""svmcheck beside SPIN, Rumur and the machine's memory, on the same programs in one run.

    python -m benchmarks.compare [--model NAME]... [--rounds N] [--without TOOL]... [--json FILE] [--markdown FILE]

The tools take turns in every round; the fastest round of each counts, and the slowest is told beside it. A tool that
does not find the states that all must find ends the comparison.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

from .models import MODELS
from .tools import Measured, Took, Tool, memory_limit, tools

COLUMNS = (
    "tool", "workers", "states", "transitions", "states/s", "states/CPU s", "search, s", "to verdict, s",
    "memory/state, B", "svmcheck is", "by CPU s",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """All rounds of one tool on one model."""

    tool: str
    workers: int
    rounds: tuple[Measured, ...]

    @property
    def best(self) -> Measured:
        return min(self.rounds, key=lambda m: m.search)

    @property
    def rate(self) -> float:
        """Distinct states per second of search."""
        return self.best.states / self.best.search

    @property
    def cpu_rate(self) -> float:
        """Distinct states per second of processor time: what is left to compare where a machine is busy."""
        return max(m.states / max(m.cpu, 1e-3) for m in self.rounds)


@dataclass(frozen=True)
class Limit:
    """What limit.c took, fastest round, with one look-up for each state (an insertion) or one for each transition."""

    workers: int
    lookups: str
    took: Took


@dataclass(frozen=True)
class Comparison:
    model: str
    lines: tuple[Line, ...]
    limits: tuple[Limit, ...]


def compare(model: str, rounds: int, without: Sequence[str]) -> Comparison:
    """Raises SystemExit if the tools disagree."""
    first = tools(0)[0].measure(model)
    chosen = [t for t in tools(first.states) if t.is_here and not any(w.lower() in t.label.lower() for w in without)]
    runs: dict[Tool, list[Measured]] = {tool: [] for tool in chosen}
    limits: dict[tuple[int, str], list[Took]] = {}
    for number in range(rounds):
        for tool in chosen:
            print(f"{model}: round {number + 1}, {tool.label}", file=sys.stderr, flush=True)
            measured = tool.measure(model)
            agree(tool, first, measured)
            runs[tool].append(measured)
        words = int(first.state_bytes) // 8
        for workers, (what, lookups) in product((1, 2), (("state", first.states), ("transition", first.transitions))):
            took = memory_limit(first.states, words, lookups, workers)
            limits.setdefault((workers, what), []).append(took)
    return Comparison(
        model,
        tuple(Line(tool.name, tool.workers, tuple(measured)) for tool, measured in runs.items()),
        tuple(Limit(workers, what, min(found, key=lambda t: t.wall)) for (workers, what), found in limits.items()),
    )


def agree(tool: Tool, first: Measured, found: Measured) -> None:
    same = found.states == first.states or (not tool.explores_all and found.states <= first.states)
    if not same or (found.errors > 0) != (first.errors > 0):
        raise SystemExit(
            f"{tool.label}: {found.states} states and {found.errors} errors, where svmcheck has {first.states} and "
            f"{first.errors}: nothing can be compared"
        )


def markdown(comparisons: Sequence[Comparison]) -> str:
    return "\n".join(line for comparison in comparisons for line in _table(comparison)) + "\n"


def _table(comparison: Comparison) -> Iterator[str]:
    own = next((line for line in comparison.lines if line.tool == "svmcheck" and line.workers == 1), None)
    yield f"### {comparison.model}"
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|" + "---|" * len(COLUMNS)
    for line in comparison.lines:
        best = line.best
        slowest, whole = max(m.search for m in line.rounds), min(m.whole for m in line.rounds)
        ratios = (f"{own.rate / line.rate:.1f}x", f"{own.cpu_rate / line.cpu_rate:.1f}x") if own else ("", "")
        yield (
            f"| {line.tool} | {line.workers} | {best.states:,} | {best.transitions:,} | {line.rate / 1e6:.2f} M "
            f"| {line.cpu_rate / 1e6:.2f} M | {best.search:.2f} (to {slowest:.2f}) | {whole:.2f} "
            f"| {best.memory / best.states:.0f} ({best.state_bytes:.0f}) | {ratios[0]} | {ratios[1]} |"
        )
    some = comparison.lines[0].best
    for limit in comparison.limits:
        rate, cpu_rate = some.states / limit.took.wall, some.states / max(limit.took.cpu, 1e-3)
        ratios = (f"{own.rate / rate:.2f}x", f"{own.cpu_rate / cpu_rate:.2f}x") if own else ("", "")
        yield (
            f"| memory, one look-up a {limit.lookups} | {limit.workers} | {some.states:,} | | {rate / 1e6:.2f} M "
            f"| {cpu_rate / 1e6:.2f} M | {limit.took.wall:.2f} | | | {ratios[0]} | {ratios[1]} |"
        )
    yield ""


def machine() -> dict[str, object]:
    """What the figures depend on."""
    names = [line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--model", action="append", choices=list(MODELS), help="default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without", action="append", default=[], metavar="TOOL", help="leave out, as in 'rumur, 2'")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    asked = parser.parse_args()
    before = machine()
    comparisons = [compare(model, asked.rounds, asked.without) for model in asked.model or MODELS]
    text = markdown(comparisons)
    print(text)
    if asked.markdown:
        asked.markdown.write_text(text, encoding="utf-8")
    if asked.json:
        results = [asdict(comparison) for comparison in comparisons]
        document = {"before": before, "after": machine(), "rounds": asked.rounds, "results": results}
        asked.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
