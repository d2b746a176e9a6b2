# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The index of a gate's report: every row with its verdict, and a link to the page of each violated one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from ..specs.catalogue.row import Row, Standing

STYLE = """
:root { color-scheme: light dark; --line: #8884; --bad: #c0262d; --good: #1a7f45; --open: #96650a; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff7b72; --good: #56d088; --open: #e0b24a; } }
body { margin: 1.5rem; font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; }
table { border-collapse: collapse; } th { text-align: left; font-weight: 600; }
th, td { padding: .25rem 1rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
.met { color: var(--good); } .missed { color: var(--bad); font-weight: 700; } .undecided { color: var(--open); }
.n { text-align: right; font-variant-numeric: tabular-nums; } .source { opacity: .75; font-size: .87rem; }
"""
COLUMNS = ("variant", "sizes and options", "property", "expected", "found", "", "states", "seconds", "source")


def gate_page(rows: Sequence[Row], links: Mapping[int, str]) -> str:
    """The page. ``links``: the number of a row, from 0, and the file of its counterexample beside this page."""
    counts = Counter(row.standing for row in rows)
    summary = ", ".join(
        f'<span class="{s.value}">{counts[s]} {s.value}</span>' if counts[s] else f"0 {s.value}" for s in Standing
    )
    tables = (_table(target, rows, links) for target in dict.fromkeys(row.target for row in rows))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>svmcheck gate</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>svmcheck gate</h1>\n<p>{summary}</p>\n{''.join(tables)}</body>\n</html>\n"
    )


def _table(target: str, rows: Sequence[Row], links: Mapping[int, str]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    body = "".join(_row(row, links.get(n)) for n, row in enumerate(rows) if row.target == target)
    return f"<h2>{escape(target)}</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def _row(row: Row, link: str | None) -> str:
    expected = row.expectation
    settings = ", ".join(f"{name} = {value}" for name, value in (*row.sizes, *row.options))
    found = escape(row.found) if link is None else f'<a href="{escape(link)}">{escape(row.found)}</a>'
    standing = row.standing.value
    cells = (
        escape(expected.variant),
        escape(settings),
        escape(row.result.property),
        escape(expected.expected),
        found,
        f'<span class="{standing}">{standing}</span>',
    )
    effort = f'<td class="n">{row.result.states:,}</td><td class="n">{row.result.seconds:.2f}</td>'
    texts = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr>{texts}{effort}<td class="source">{escape(expected.source)}</td></tr>\n'
