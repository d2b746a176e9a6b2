# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck gate``: rows, their JSON document, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from svmcheck.checker import registry
from svmcheck.checker.cli.gate import progress_text
from svmcheck.checker.cli.main import main
from svmcheck.checker.engine import Tick
from svmcheck.checker.gate import plan
from svmcheck.reports.json_gate import SCHEMA_FILE
from svmcheck.specs.catalogue.load import load_file
from tests.checker.cli.test_check import Failing

pytestmark = pytest.mark.usefixtures("front_end")

HEAD = """
target = "lock"
protocol = "locks.py"
summary = "one lock"
[variants.strong]
summary = "a fair lock"
[variants.weak]
summary = "an unfair lock"
options = {handover = "weak"}
"""
HOLDS = """
[[expect]]
variant = "strong"
sizes = {threads = [2, 3]}
property = "*"
verdict = "HOLDS"
source = "first"
"""
VIOLATED = """
[[expect]]
variant = "weak"
property = "gets-lock"
verdict = "VIOLATED"
grade = "adversarial"
source = "second"
"""


def gate(text: str, *arguments: str) -> Result:
    Path("c.toml").write_text(text)
    return CliRunner().invoke(main, ["gate", "c.toml", "--engine", "reference", "--jobs", "1", *arguments])


def test_everything_that_cannot_be_asked_is_told_at_once() -> None:
    wrong = VIOLATED + "sizes = {thread = 1, threads = 9}\nset = {polite = 3}\n"
    result = gate(HEAD.replace('"weak"', '"week"') + wrong)
    assert result.exit_code == 2
    assert [line for line in result.stderr.split("\n") if "error" in line] == [
        'c.toml:7: variants.weak: error: the option "handover" cannot be "week"',
        'c.toml:11: expect 1: error: the option "polite" cannot be "3"',
        'c.toml:11: expect 1: error: "Lock" has no size "thread"',
        'c.toml:11: expect 1: error: the size "threads" cannot be 9',
    ]
    result = gate(HEAD + "surprise = 1\n" + VIOLATED.replace("VIOLATED", "VIOLETED"))
    assert [line.split(": error")[0] for line in result.stderr.split("\n") if "error" in line] == [
        "c.toml:10: variants.weak.surprise",
        "c.toml:15: expect 1.verdict",
    ]


def test_all_names_of_properties_of_one_program_are_told_at_once() -> None:
    names = VIOLATED.replace('"gets-lock"', '"get-lock"') + VIOLATED.replace('"gets-lock"', '"no-deadlok"')
    result = gate(HEAD + names)
    assert result.exit_code == 2
    assert [line.split(" of ")[0] for line in result.stderr.split("\n") if "error" in line] == [
        'c.toml:11: expect 1: error: the variant "weak"',
        'c.toml:18: expect 2: error: the variant "weak"',
    ]


def test_a_protocol_is_no_catalogue() -> None:
    result = CliRunner().invoke(main, ["gate", "locks.py"])
    assert result.exit_code == 2
    assert "locks.py: error: is a protocol, and gate takes a catalogue" in result.stderr
    assert "help: check it with: svmcheck check locks.py" in result.stderr


def test_all_met() -> None:
    result = gate(HEAD + HOLDS + VIOLATED)
    assert result.exit_code == 0, result.stderr
    assert "gate: 9 met, 0 missed, 0 undecided" in result.stdout


def test_the_json_document() -> None:
    result = gate(HEAD + HOLDS + VIOLATED, "--json", "-")
    value = json.loads(result.stdout)
    jsonschema.validate(value, json.loads(SCHEMA_FILE.read_text()))
    assert (value["schema"], value["met"], value["missed"], value["undecided"]) == ("svmcheck/gate/1", 9, 0, 0)
    assert [(r["variant"], r["sizes"], r["property"]) for r in value["rows"]] == [
        *(("strong", {"threads": n}, p) for n in (2, 3)
          for p in ("no-deadlock", "no-partial-deadlock", "gets-lock", "system-progress")),
        ("weak", {}, "gets-lock"),
    ]  # fmt: skip
    last = value["rows"][-1]
    assert (last["verdict"], last["grade"], last["met"], last["source"]) == ("VIOLATED", "adversarial", True, "second")
    assert last["options"] == {"handover": "weak"}


def test_what_the_compiler_hints_at_is_not_kept_from_ci() -> None:
    polite = VIOLATED + "set = {polite = true}\n"
    told = gate(HEAD + HOLDS + polite + polite + "sizes = {threads = 3}\n")
    command = "svmcheck check locks.py --set handover=weak --set polite=true --property gets-lock"
    assert f"note: lock: the compiler has 1 warning or hint; see: {command}\n" in told.stderr
    assert told.exit_code == 0
    assert "the compiler" not in gate(HEAD + HOLDS + VIOLATED).stderr


@pytest.mark.parametrize(
    ("tick", "doing"),
    [
        (None, ""),
        (Tick("compiling to machine code", 0, 0, 0, 0, 0.0), "; lock strong threads=2: compiling to machine code"),
        (Tick("search", 1234, 9, 3, 1, 0.5), "; lock strong threads=2: 1,234 states"),
    ],
)
def test_progress_tells_what_a_search_does_before_its_first_state(tick: Tick | None, doing: str) -> None:
    Path("c.toml").write_text(HEAD + HOLDS)
    jobs = plan(load_file(Path("c.toml")), "reference")
    assert progress_text(jobs, {}, jobs[0], tick) == f"gate: 0 of 2 programs{doing}"


def test_a_missed_row_is_explained() -> None:
    result = gate(HEAD + HOLDS + VIOLATED.replace("adversarial", "inevitable"))
    assert result.exit_code == 1
    assert "missed: lock weak: gets-lock: expected VIOLATED inevitable, found VIOLATED adversarial" in result.stdout
    assert "says: second (c.toml:18: expect 2)" in result.stdout
    assert "see:  svmcheck check locks.py --set handover=weak --property gets-lock" in result.stdout


def test_a_file_of_ones_own_is_seen_from_the_catalogue(front_end: Path) -> None:
    (front_end / "below").mkdir()
    Path("below/c.toml").write_text(HEAD.replace("locks.py", "../locks.py") + VIOLATED)
    result = CliRunner().invoke(main, ["gate", "below/c.toml", "--engine", "reference", "--jobs", "1"])
    assert result.exit_code == 0, result.stderr


def test_sizes_of_a_variant_hold_until_an_expectation_says_otherwise() -> None:
    head = HEAD + "sizes = {threads = 3}\n"
    rows = json.loads(gate(head + VIOLATED + VIOLATED + "sizes = {threads = 2}\n", "--json", "-").stdout)["rows"]
    assert [row["sizes"] for row in rows] == [{"threads": 3}, {"threads": 2}]
    assert rows[0]["states"] > rows[1]["states"]
    missed = gate(head + VIOLATED.replace("adversarial", "inevitable"), "--report", "out")
    assert "see:  svmcheck check locks.py --size threads=3 --set handover=weak" in missed.stdout
    assert "<b>threads</b> 3" in Path("out/001-lock-weak-gets-lock.html").read_text()


def test_expectations_of_one_program_share_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[registry.Wishes] = []
    reference = registry.ENGINES["reference"]
    counted = registry.Entry("", lambda wishes: searches.append(wishes) or reference.make(wishes))
    monkeypatch.setattr(registry, "ENGINES", {**registry.ENGINES, "reference": counted})
    again = HOLDS.replace('"*"', '"gets-lock"').replace("[2, 3]", "2") + 'set = {handover = "strong"}\n'
    result = gate(HEAD + HOLDS + HOLDS + again)
    assert result.exit_code == 0
    assert len(searches) == 3  # two sizes, and one program whose options were set by hand


def test_except_leaves_a_property_out() -> None:
    expect = VIOLATED.replace('property = "gets-lock"', 'property = "*"\nexcept = "gets-lock"')
    expect = expect.replace('verdict = "VIOLATED"\ngrade = "adversarial"', 'verdict = "HOLDS"')
    value = json.loads(gate(HEAD + expect, "--json", "-").stdout)
    assert [r["property"] for r in value["rows"]] == ["no-deadlock", "no-partial-deadlock", "system-progress"]
    assert value["met"] == 3


@pytest.mark.parametrize(
    ("error", "status", "why"), [(KeyboardInterrupt(), 130, "interrupted"), (MemoryError(), 3, "memory is full")]
)
def test_searches_that_end_early_leave_rows_undecided(
    error: BaseException, status: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = registry.Entry("", lambda wishes: registry.Ready(Failing(error)))
    monkeypatch.setattr(registry, "ENGINES", {**registry.ENGINES, "reference": broken})
    result = gate(HEAD + HOLDS + VIOLATED, "--json", "-")
    assert result.exit_code == status
    value = json.loads(result.stdout)
    jsonschema.validate(value, json.loads(SCHEMA_FILE.read_text()))
    assert (value["met"], value["missed"], value["undecided"]) == (0, 0, 3)
    assert all(why in row["reason"] for row in value["rows"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "c.toml: error: nothing is expected there\nhelp: add an [[expect]] table"),
        (HEAD + "surprise = 1", 'c.toml:10: variants.weak.surprise: error: unknown key "surprise"'),
        (HEAD + VIOLATED.replace("gets-lock", "get-lock"),
         'c.toml:11: expect 1: error: the variant "weak" of "Lock" has no property "get-lock"\nhelp: did you mean'),
        (HEAD + VIOLATED + "sizes = {thread = 1}", 'c.toml:11: expect 1: error: "Lock" has no size "thread"'),
        (HEAD + VIOLATED + "sizes = {threads = 9}", 'c.toml:11: expect 1: error: the size "threads" cannot be 9'),
        (HEAD + VIOLATED + "set = {polite = 3}", 'c.toml:11: expect 1: error: the option "polite" cannot be "3"'),
        (HEAD.replace('"weak"', '"week"') + HOLDS, 'variants.weak: error: the option "handover" cannot be "week"'),
        (HEAD.replace("locks.py", "wrong.py") + HOLDS, "wrong.py:1:1: error[SVM101]: unknown name 'lok'"),
        (HEAD.replace("locks.py", "pair.py") + HOLDS, "pair.py: error: the file has several worlds"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(text: str, message: str) -> None:
    result = gate(text)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
