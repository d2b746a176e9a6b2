# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Scenarios in files of users: found, run, shared out, replayed, and told what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from svmcheck.checker.cli.run_listing import scenario_options
from svmcheck.checker.schedule.consulted import unread
from svmcheck.checker.schedule.crowd import run_crowd
from svmcheck.checker.schedule.request import choose, version
from svmcheck.checker.schedule.session import Wish, run_session
from svmcheck.checker.schedule.token import decode
from svmcheck.checker.selection import BadRequest

DOCUMENTED = Path(__file__).resolve().parents[3] / "docs" / "executable-kernel.md"

COUNTER = """
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import Size, World, scenario
from svmcheck.model.kernel.sched import Oops


class Counter(Kobject):
    def __init__(self):
        super().__init__()
        self.value = 0


@scenario("lost-update", sizes={"tasks": Size(2, 1, 3)})
def lost_update(config, sizes):
    counter = Counter()

    def add():
        counter.write("value", counter.read("value") + 1)

    def finish():
        if counter.value != sizes["tasks"]:
            raise Oops("data-coherence", f"{counter.value} of {sizes['tasks']}")

    for number in range(sizes["tasks"]):
        sched.spawn(f"task {number}", add)
    return World([counter], finish=finish)
"""
SECOND = """

@scenario("nothing")
def nothing(config, sizes):
    return World([])
"""


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_scenario_in_a_file_runs_and_its_token_finds_it_again() -> None:
    Path("mine.py").write_text(COUNTER)
    chosen = choose("mine.py")
    session = run_session(chosen, Wish("states"), lambda effort: None, lambda: False)
    assert [v.property for v in session.violations] == ["data-coherence"]
    shown = session.violations[0].counterexample
    assert shown is not None
    recorded = decode(shown.token)
    assert recorded.scenario == chosen.name == "mine.py:lost-update"
    assert recorded.version == version(choose(recorded.scenario).scenario)


def test_the_sizes_are_those_asked_for() -> None:
    Path("mine.py").write_text(COUNTER)
    session = run_session(choose("mine.py", sizes={"tasks": 1}), Wish("states"), lambda effort: None, lambda: False)
    assert not session.violations
    assert session.complete


def test_another_process_runs_the_file_for_itself() -> None:
    Path("mine.py").write_text(COUNTER)
    session = run_crowd(choose("mine.py", sizes={"tasks": 1}), Wish("pos", runs=200), 2, lambda e: None, lambda: False)
    assert session.effort.runs >= 200
    assert not session.violations
    assert not session.cut


def test_the_version_is_that_of_the_file() -> None:
    Path("one.py").write_text(COUNTER)
    Path("two.py").write_text(COUNTER + "\n")
    assert version(choose("one.py").scenario) != version(choose("two.py").scenario)


def test_one_of_several_is_named() -> None:
    Path("mine.py").write_text(COUNTER + SECOND)
    assert choose("mine.py:nothing").name == "mine.py:nothing"
    with pytest.raises(BadRequest) as error:
        choose("mine.py")
    assert error.value.advice == "write one of: mine.py:lost-update, mine.py:nothing"


@pytest.mark.parametrize(
    ("name", "text", "where", "what", "advice"),
    [
        ("absent", None, "absent.py", "No such file", "check the path"),
        ("empty", "x = 1\n", "empty.py", "no scenario in this file", "@scenario makes a function one"),
        ("syntax", "def f(:\n    pass\n", "syntax.py:1", "not Python", "put it right"),
        ("bytes", b"\xff\xfe = 1", "bytes.py:1", "not Python", "put it right"),
        ("imports", "\nimport nosuchmodule\n", "imports.py:2", "No module named 'nosuchmodule'", "put the file right"),
        ("taken", COUNTER + SECOND + SECOND, "taken.py:35", 'two scenarios "nothing"', "put the file right"),
        ("option", COUNTER.replace("sizes={", "generaton='g1', sizes={", 1), "option.py:14",
         'no option "generaton"', 'did you mean "generation"?'),
        ("value", COUNTER.replace("sizes={", "generation='g7', sizes={", 1), "value.py:14",
         'cannot be "g7"', "g1"),
        ("exits", "import sys\nsys.exit(0)\n", "exits.py:2", "SystemExit: 0", "put the file right"),
        ("number", COUNTER.replace("Size(2, 1, 3)", "3"), "number.py:14", "the size 'tasks' is 3", "Size(DEFAULT"),
        ("range", COUNTER.replace("Size(2, 1, 3)", "Size(9, 1, 3)"), "range.py:14",
         'the size "tasks" is 9 by default, and goes from 1 to 3', "Size(DEFAULT"),
        ("text", COUNTER.replace("Size(2, 1, 3)", "Size('2')"), "text.py:14", 'the size "tasks" is', "integers"),
        ("sizes", COUNTER.replace('{"tasks": Size(2, 1, 3)}', "[3]"), "sizes.py:14", "sizes=[3]", "Size(DEFAULT"),
        ("words", COUNTER.replace("sizes={", "options=['hold'], sizes={", 1), "words.py:14", "options=['hold']",
         "options={"),
        ("choice", COUNTER.replace("sizes={", "options={'hold': ()}, sizes={", 1), "choice.py:14",
         "the option 'hold' is ()", "options={"),
        ("kernels", COUNTER.replace("sizes={", "options={'generation': ('g1',)}, sizes={", 1), "kernels.py:14",
         '"generation" is an option of the kernel already', "another name"),
        ("both", COUNTER.replace("sizes={", "options={'tasks': ('1',)}, sizes={", 1), "both.py:14",
         '"tasks" is a size already', "another name"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told_with_its_place(
    name: str, text: str | bytes | None, where: str, what: str, advice: str
) -> None:
    if text is not None:
        Path(f"{name}.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadRequest) as error:
        choose(f"{name}.py")
    assert (error.value.where, what in error.value.what) == (where, True), error.value
    assert advice in error.value.advice


@pytest.mark.parametrize(
    ("name", "before", "after", "where", "what"),
    [
        ("raises", "counter = Counter()", "counter = Counters()", "raises.py:16", "name 'Counters' is not defined"),
        ("leaves", "counter = Counter()", "raise SystemExit(0)", "leaves.py:16", "SystemExit: 0"),
        ("writes", "counter = Counter()", "sizes['tasks'] = 1", "writes.py:16", "does not support item assignment"),
        ("returns", "return World([counter], finish=finish)", "return counter", "returns.py", "not a World"),
    ],
)
def test_a_world_that_cannot_be_built(name: str, before: str, after: str, where: str, what: str) -> None:
    Path(f"{name}.py").write_text(COUNTER.replace(before, after))
    with pytest.raises(BadRequest) as error:
        run_session(choose(f"{name}.py"), Wish("states"), lambda effort: None, lambda: False)
    assert error.value.where == where
    assert what in error.value.what


def test_the_documented_scenario_does_what_is_said_of_it() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENTED.read_text(), re.DOTALL)
    Path("mydrv.py").write_text(code)
    broken = run_session(choose("mydrv.py"), Wish("states"), lambda effort: None, lambda: False)
    assert [v.property for v in broken.violations] == ["fault-completes", "system-progress"]
    fixed = choose("mydrv.py:driver-lock", {"generation": "g3"})
    session = run_session(fixed, Wish("states"), lambda effort: None, lambda: False)
    assert session.complete
    assert not session.violations


def test_a_file_that_imports_another_has_its_own_scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path.cwd()))
    for name in ("svm_test_shared", "svm_test_other"):  # a module registers what it has once in a process
        Path(f"{name}.py").write_text(COUNTER)
    Path("mine.py").write_text("from svm_test_shared import World, scenario\n" + SECOND)
    Path("all.py").write_text("from svm_test_other import lost_update\n")
    assert choose("mine.py").name == "mine.py:nothing"
    assert choose("all.py").name == "all.py:lost-update"


HELD = COUNTER.replace("sizes={", "options={'hold': ('no', 'yes'), 'colour': ('red', 'blue')}, sizes={", 1).replace(
    "(config, sizes)", "(config, sizes, options)"
).replace("    def add():", "    def add():\n        if options['hold'] == 'yes':\n            return")


def test_options_of_its_own() -> None:
    Path("held.py").write_text(HELD)
    found = choose("held.py", {"hold": "yes"}, {"tasks": 1})
    assert found.options == (("colour", "red"), ("hold", "yes"))
    (violation,) = run_session(found, Wish("states")).violations
    assert violation.counterexample is not None
    again = decode(violation.counterexample.token)
    assert dict(again.options) == {"colour": "red", "hold": "yes"}
    assert unread(found, ["hold", "colour"]) == ("colour",)
    assert not run_session(choose("held.py", {}, {"tasks": 1}), Wish("states")).violations
    with pytest.raises(BadRequest, match='the option "hold" cannot be "maybe"'):
        choose("held.py", {"hold": "maybe"})
    with pytest.raises(BadRequest, match='neither the kernel nor "lost-update" has an option "holds"') as error:
        choose("held.py", {"holds": "yes"})
    assert 'did you mean "hold"?' in error.value.advice


def test_options_of_its_own_are_listed() -> None:
    Path("held.py").write_text(HELD)
    text = scenario_options(choose("held.py"))
    assert "options of its own (--set NAME=VALUE), the default first\n  hold: no, yes\n  colour: red, blue\n" in text
