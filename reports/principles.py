# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""docs/principles.md: each rule of the design, the row that holds, the row that breaks it, and its picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..specs.principles import Cited, Principle
from ..specs.verdict import Result

HEAD = """# The rules of the GPU SVM design, held and broken

Made by `svmcheck principles docs/principles.md` from `specs/principles.toml` and the catalogue; do not edit. Each rule
is a property that holds in the baseline and fails in a variant that breaks the rule. Counts are of the default sizes of
the variants named.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule with what was found for its two rows. ``picture``: the counterexample's drawing, beside the document."""

    principle: Principle
    holds: Result
    broken: Result
    summary: str
    picture: str | None


def document(rows: Iterable[Shown]) -> str:
    return "\n".join([HEAD, *(_section(row) for row in rows)])


def _section(row: Shown) -> str:
    lines = [
        f"## {row.principle.rule[0].upper()}{row.principle.rule[1:]}",
        "",
        "| | row | verdict | states |",
        "|---|---|---|---|",
        _line("the design", row.principle.holds, row.holds),
        _line("the rule broken", row.principle.broken, row.broken),
        "",
        f"The rule broken: {row.summary}. {_sentence(row.broken)}",
    ]
    if row.picture:
        lines += ["", f"![counterexample]({row.picture})"]
    return "\n".join([*lines, ""])


def _line(what: str, cited: Cited, result: Result) -> str:
    command = f"`svmcheck check {cited.target} --variant {cited.variant} --property {cited.property}`"
    grade = f" ({result.grade.value})" if result.grade else ""
    return f"| {what} | {command} | {result.verdict.value}{grade} | {result.states:,} |"


def _sentence(result: Result) -> str:
    steps = f", in {len(result.trace.steps)} steps" if result.trace else ""
    return f"Found: {result.message}{steps}." if result.message else ""
