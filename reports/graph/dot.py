# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The dot language: quoting and statements. Texts of users reach a drawing through ``quote`` and ``lines`` only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..text import expand, wrap

FONT = "DejaVu Sans Mono,Menlo,Consolas,monospace"
DEFAULTS = {
    "graph": {"fontname": FONT, "fontsize": "11", "rankdir": "TB", "nodesep": "0.35", "ranksep": "0.4"},
    "node": {"fontname": FONT, "fontsize": "10", "shape": "box", "style": "rounded,filled", "fillcolor": "white",
             "color": "#555555", "margin": "0.10,0.05", "height": "0.3"},
    "edge": {"fontname": FONT, "fontsize": "9", "color": "#555555", "arrowsize": "0.7"},
}  # fmt: skip


def quote(text: str) -> str:
    """A quoted string that stands for just this text: no escape sequence of graphviz survives in it."""
    return '"' + _escaped(text) + '"'


def _escaped(text: str) -> str:
    return expand(text).replace("\\", "\\\\").replace('"', '\\"')


def lines(texts: Iterable[str], columns: int = 44, centred: bool = False, indent: str = "") -> str:
    """A quoted label of several lines, each wrapped at ``columns``; to the left unless ``centred``."""
    end = "\\n" if centred else "\\l"
    rows = [indent + _escaped(row) for text in texts for row in wrap(text, columns)]
    return '"' + end.join(rows) + ("" if centred or len(rows) == 1 else end) + '"'


def beside(texts: Iterable[str], columns: int = 48) -> str:
    """The label of an edge: kept off the line that it stands beside."""
    return lines(texts, columns, indent="  ")


def attributes(values: Mapping[str, str]) -> str:
    """``[a="b", ...]``; values that are quoted already (by ``quote`` or ``lines``) are kept as they are."""
    parts = (f"{name}={value if value.startswith(chr(34)) else quote(value)}" for name, value in values.items())
    return f"[{', '.join(parts)}]"


def node(name: str, **values: str) -> str:
    return f"{quote(name)} {attributes(values)};"


def edge(source: str, target: str, **values: str) -> str:
    return f"{quote(source)} -> {quote(target)} {attributes(values)};"


def cluster(name: str, label: str, colour: str, body: Iterable[str]) -> list[str]:
    """A box around nodes; ``body`` are their statements."""
    look = attributes({"label": quote(label), "color": colour, "fontcolor": colour, "style": "rounded,dashed"})
    return [f"subgraph {quote('cluster_' + name)} {{", f"  graph {look};", *(f"  {row}" for row in body), "}"]


def digraph(name: str, label: str, body: Iterable[str]) -> str:
    """A whole graph; ends with a newline."""
    head = [f"{kind} {attributes(values)};" for kind, values in DEFAULTS.items()]
    title = f"label={lines([label], 100)}; labelloc=t; labeljust=l;"
    return "\n".join([f"digraph {quote(name)} {{", *(f"  {row}" for row in (*head, title, *body)), "}"]) + "\n"
