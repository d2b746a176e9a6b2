# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The page: one file without a network, complete, and proof against names that look like markup."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from svmcheck.model.ir.program import Frame
from svmcheck.model.trace import Change, Step, Trace
from svmcheck.reports.html.page import page, script_json, write_page
from svmcheck.reports.json_check import Check
from svmcheck.reports.source import Sources
from svmcheck.specs.verdict import Verdict
from tests.reports.examples import FILE, PROGRAM, RESULTS, finite, stuck

CHECK = Check("cpu-fault", "g1", (("cpu_threads", 2),), (("generation", "g1"),), RESULTS)
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")


class Parsed(HTMLParser):
    """Elements with their attributes, visible text, and the content of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script" and self.cdata_elem == "script":
            self.scripts[-1] += data
        else:
            self.text.append(data)

    def attributes(self, name: str) -> list[str | None]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


@pytest.fixture(scope="module")
def parsed() -> Parsed:
    return Parsed(page(CHECK, program=PROGRAM))


def test_it_needs_no_network(parsed: Parsed) -> None:
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"link", "img", "iframe", "object", "embed", "audio", "video", "image", "use"}
    assert parsed.attributes("src") == []
    assert all(str(target).startswith("#") for target in parsed.attributes("href"))
    assert "default-src 'none'" in str(parsed.attributes("content"))


def test_the_verdicts_are_there(parsed: Parsed) -> None:
    text = " ".join(" ".join(parsed.text).split())
    for result in RESULTS:
        assert result.property in text
        assert f"{result.states:,}" in text
    assert "VIOLATED (adversarial)" in text
    assert "the hand-over of ptl is fair" in text


def test_violations_come_first_and_a_common_reason_is_told_once() -> None:
    undecided = tuple(replace(RESULTS[1], property=f"undecided-{n}") for n in range(5))
    text = " ".join(" ".join(Parsed(page(replace(CHECK, results=(*undecided, RESULTS[2])))).text).split())
    assert text.index("fault-completes") < text.index("undecided-0")
    assert text.count(RESULTS[1].message) == 1
    assert f"5 properties: {RESULTS[1].message}" in text


def test_ids_are_unique_and_links_lead_somewhere(parsed: Parsed) -> None:
    ids = Counter(parsed.attributes("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    assert {str(target)[1:] for target in parsed.attributes("href")} <= set(map(str, ids))


def test_a_row_for_each_state(parsed: Parsed) -> None:
    assert parsed.attributes("data-row") == [str(n) for n in range(17)]
    assert parsed.attributes("data-to") == parsed.attributes("data-row")


def test_controls_have_names(parsed: Parsed) -> None:
    names = [a.get("aria-label") for tag, a in parsed.elements if tag == "button"]
    assert None not in names
    assert len(parsed.attributes("aria-live")) == 1


def test_the_script_gets_the_run_and_the_sources(tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text("one\ntwo </script>\n")
    run, files, _ = Parsed(page(replace(CHECK, results=RESULTS[2:]), Sources(tmp_path))).scripts
    trace = RESULTS[2].trace
    assert trace is not None
    data = json.loads(run)
    assert data["loop"] == trace.loop
    assert [s["label"] for s in data["steps"]] == [s.label for s in trace.steps]
    assert data["steps"][0]["shown"] == 0, "the call in the protocol, not the line of the primitive"
    assert json.loads(files)[FILE] == ["one", "two </script>", ""]


NASTY = """</script><script>alert(1)</script><img src=x onerror="alert(2)">' onclick='alert(3)' <!--"""


def test_text_of_users_is_never_markup(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(NASTY)
    step = Step(NASTY, 0, 0, NASTY, (Frame("p.py", 1, 1, 1, 2, NASTY),), (Change(NASTY, "null", NASTY),))
    trace = Trace(0, ((NASTY, "null"),), (NASTY, "still" + NASTY), (step,), None, NASTY)
    texts = dict.fromkeys(("property", "kind", "engine", "message"), NASTY)
    result = replace(RESULTS[2], **texts, assumptions=(NASTY,), trace=trace)
    nasty = Parsed(page(Check(NASTY, NASTY, ((NASTY, 1),), ((NASTY, NASTY),), (result,)), Sources(tmp_path)))
    assert len(nasty.scripts) == 3
    assert "img" not in {tag for tag, _ in nasty.elements}
    assert not [name for _, attributes in nasty.elements for name in attributes if name.startswith("on")]
    assert "".join(nasty.text).count("alert(1)") >= 10


def test_json_in_a_script_cannot_end_it() -> None:
    value = {"a": "</script><!-- &amp; \u2028"}
    text = script_json(value)
    assert json.loads(text) == value
    assert not set("<>&") & set(text)


@needs_dot
def test_drawings_are_embedded(parsed: Parsed) -> None:
    assert [tag for tag, _ in parsed.elements].count("svg") == 1 + len(PROGRAM.processes)


def test_without_dot_only_the_drawings_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    without = Parsed(page(CHECK, program=PROGRAM))
    assert "svg" not in {tag for tag, _ in without.elements}
    assert len(without.attributes("data-row")) == 17


@pytest.mark.parametrize("trace", [finite(), stuck(), Trace(0, (), ("a",), (), None, "broken at once"), None])
def test_every_kind_of_trace_has_a_page(trace: Trace | None, tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    write_page(path, replace(CHECK, variant=None, results=(replace(RESULTS[2], trace=trace),)))
    made = Parsed(path.read_text(encoding="utf-8"))
    assert len(made.attributes("data-row")) == (len(trace.steps) + 1 if trace else 0)


def test_verdicts_beside_a_violation_are_folded_away_if_there_are_many() -> None:
    holding = [replace(RESULTS[0], property=f"claim-{n}", verdict=Verdict.HOLDS, message="") for n in range(12)]
    many = Parsed(page(replace(CHECK, results=(*holding, RESULTS[2]))))
    assert [tag for tag, _ in many.elements].count("summary") >= 1
    assert "All others: 12 HOLDS" in " ".join(many.text)
    assert all(f"claim-{n}" in " ".join(many.text).split() for n in range(12))
    for results in ((*holding[:5], RESULTS[2]), tuple(holding)):  # few, or nothing to fold them for
        assert "All others" not in " ".join(Parsed(page(replace(CHECK, results=results))).text)
