# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck run`` and ``replay`` of its runs: what is asked, what is answered, and the exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from svmcheck.checker.cli.main import main
from svmcheck.checker.cli.run import explored
from svmcheck.checker.schedule.request import Chosen
from svmcheck.checker.schedule.session import Wish
from svmcheck.checker.schedule.token import decode, encode
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import SCENARIOS, Scenario, World
from svmcheck.model.kernel.sched import READ, Op
from svmcheck.reports.json_run import SCHEMA_FILE
from tests.checker.schedule import miniature

LIVELOCK = ("tiny-fault", "--set", "generation=g1", "--set", "driver_lock=true")
INEVITABLE = (*LIVELOCK, "--set", "urgent_refault=true")


def _many(config: Config, sizes: Mapping[str, int]) -> World:
    """More states than anybody explores: two tasks count."""
    counts = [0, 0]

    def count(number: int) -> None:
        for _ in range(80):
            sched.point(Op("count", None, READ))
            counts[number] += 1

    for number in range(2):
        sched.spawn(f"counter[{number}]", lambda number=number: count(number))
    return World([counts])


MANY = Scenario("tiny-many", "Two tasks count.", _many, {}, {})


def _summing(config: Config, sizes: Mapping[str, int]) -> World:
    """A task adds up in C what it reads in two steps; the sum so far is in no state."""
    values = [1, 1]

    def read(number: int) -> int:
        sched.point(Op("read", ("value", number), READ))
        return values[number]

    sched.spawn("reader", lambda: sum(read(number) for number in range(2)))
    return World([values])


SUMMING = Scenario("tiny-sum", "A sum in the making.", _summing, {}, {})


@pytest.fixture(autouse=True)
def _scenarios(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for scenario in (*miniature.ALL, MANY, SUMMING):
        monkeypatch.setitem(SCENARIOS, scenario.name, scenario)


def svmcheck(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def run(*arguments: str) -> Result:
    return svmcheck("run", *arguments)


def document(*arguments: str) -> dict[str, object]:
    """The one JSON document on standard output, held against the published schema."""
    value = json.loads(run(*arguments, "--json", "-").stdout)
    jsonschema.validate(value, json.loads(SCHEMA_FILE.read_text()))
    return value


def verdicts(value: dict[str, object]) -> dict[str, str]:
    results = value["results"]
    assert isinstance(results, list)
    return {r["property"]: r["verdict"] for r in results}


def token_of(*arguments: str) -> str:
    words = run(*arguments).stdout.split()
    return next(word for word in words if word.startswith("svmrun1."))


def test_without_a_name_it_lists_what_there_is() -> None:
    result = run()
    assert result.exit_code == 0
    for expected in ("cpu-fault", "sizes: cpu_threads 2 (1 to 8)", "generation: g3, g0, g1, g2", "states", "dpor"):
        assert expected in result.stdout


def test_the_list_says_what_options_decide_and_where_scenarios_differ() -> None:
    words = " ".join(run().stdout.split())
    assert "its defaults: own_device_pages=faulted-for-write" in words
    assert "bind: cpu, job Who writes GPU page-table entries" in words


def test_the_options_of_one_scenario() -> None:
    result = run("p2p-revoke", "--options")
    assert result.exit_code == 0
    read, changed, rest = result.stdout.split("\n\n")[-3:]
    assert "p2p_flush: waited-for, skipped\n    Whether an importer" in read
    assert "p2p_pin: refused, counted, ignored\n    with --size pinners=1\n" in changed
    assert "tlb_flush" in rest
    assert "pinners: 0 (0 to 1)" in result.stdout
    assert "  p2p_pin: refused" in run("p2p-revoke", "--size", "pinners=1", "--options").stdout.split("only after")[0]


def test_the_default_of_a_scenario_comes_first() -> None:
    expected = "own_device_pages: faulted-for-write, reported (default of the kernel: reported)"
    assert expected in run("workload", "--options").stdout


def test_an_option_that_is_not_consulted_is_undecided() -> None:
    arguments = ("p2p-revoke", "--set", "tlb_flush=skipped", "--set", "p2p_fences=waited-for")
    result = run(*arguments)
    assert result.exit_code == 3
    assert "HOLDS" in result.stdout
    note = "option tlb_flush is not consulted in p2p-revoke at these sizes: the verdicts say nothing about it"
    assert note in result.stderr
    assert "p2p_fences" not in result.stderr
    value = document(*arguments)
    assert value["notes"] == [note]
    assert set(verdicts(value).values()) == {"HOLDS"}


def test_options_that_are_consulted_leave_nothing_to_note() -> None:
    assert run("p2p-revoke", "--set", "p2p_fences=waited-for").exit_code == 0
    assert document("p2p-revoke")["notes"] == []
    broken = document("p2p-revoke", "--set", "tlb_flush=skipped", "--set", "p2p_revoke=skipped")
    assert broken["notes"] == []
    assert "VIOLATED" in verdicts(broken).values()


def test_the_page_has_the_notes(tmp_path: Path) -> None:
    assert run("p2p-revoke", "--set", "tlb_flush=skipped", "--report", "out").exit_code == 3
    page = (tmp_path / "out" / "run-p2p-revoke.html").read_text()
    assert "option tlb_flush is not consulted in p2p-revoke" in page


def test_every_state_holds_with_status_0() -> None:
    result = run("tiny-fault", "--set", "generation=g3", "--strategy", "states")
    assert result.exit_code == 0
    assert "fault-completes" in result.stdout
    assert "VIOLATED" not in result.stdout


def test_a_sample_is_undecided() -> None:
    result = run("tiny-fault", "--strategy", "pos", "--runs", "60")
    assert result.exit_code == 3
    assert "pos, seed 1: 60 runs" in result.stdout
    assert "no violation in 60 runs" in result.stdout


@pytest.mark.parametrize(("arguments", "grade"), [(LIVELOCK, "adversarial"), (INEVITABLE, "inevitable")])
@pytest.mark.parametrize("strategy", ["auto", "random"])
def test_the_driver_lock_livelock_is_found_by_search(arguments: tuple[str, ...], grade: str, strategy: str) -> None:
    value = document(*arguments, "--strategy", strategy)
    results = value["results"]
    assert isinstance(results, list)
    found = results[0]
    assert (found["property"], found["verdict"], found["grade"]) == ("fault-completes", "VIOLATED", grade)
    looping = [part for part in found["run"]["slices"] if part["first"] >= found["trace"]["loop"]]
    assert 2 <= len(looping) <= 12
    assert found["trace"]["loop"] == found["run"]["loop"]


def test_a_violation_has_status_1_and_a_token_that_shows_it_again() -> None:
    token = token_of("tiny-race")
    again = svmcheck("replay", token)
    assert again.exit_code == 1
    assert "2 threads added 1, and the sum is 1" in again.stdout
    assert "3 slices (4 steps)" in again.stdout
    assert svmcheck("replay", token, "--every-step").stdout.count("counter.write") >= 1


def test_a_livelock_is_gone_round_again() -> None:
    again = svmcheck("replay", token_of(*INEVITABLE))
    assert again.exit_code == 1
    assert "repeat for ever" in again.stdout


def test_a_file_with_a_token_and_a_report_are_replayed_too(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token_of("tiny-choice") + "\n")
    assert "the wrong answer" in svmcheck("replay", "token").stdout
    run("tiny-choice", "--json", "run.json")
    assert "the wrong answer" in svmcheck("replay", "run.json").stdout
    assert svmcheck("replay", "run.json", "--property", "sigbus").exit_code == 1
    missing = svmcheck("replay", "run.json", "--property", "leak")
    assert missing.exit_code == 2
    assert 'no run that shows "leak"' in missing.stderr
    run("tiny-fault", "--json", "good.json")
    assert svmcheck("replay", "good.json").exit_code == 0


def test_a_damaged_token_is_told() -> None:
    result = svmcheck("replay", token_of("tiny-race")[:-6])
    assert result.exit_code == 2
    assert "the token is damaged" in result.stderr


def test_a_token_of_another_version_says_so() -> None:
    recorded = replace(decode(token_of("tiny-race")), version="00000000")
    same = svmcheck("replay", encode(recorded))
    assert same.exit_code == 1
    assert "of another version" in same.stderr
    other = svmcheck("replay", encode(replace(recorded, decisions=((1,), (1,), (2,), (2,)))))
    assert other.exit_code == 3
    assert "does not happen any more" in other.stderr
    assert "of another version" in other.stderr
    impossible = svmcheck("replay", encode(replace(recorded, decisions=((1,), (7,)))))
    assert impossible.exit_code == 3
    assert "names task 7" in impossible.stderr


def test_a_loop_that_is_none_any_more_says_so() -> None:
    recorded = decode(token_of(*INEVITABLE))
    options = tuple((name, "g3" if name == "generation" else value) for name, value in recorded.options)
    result = svmcheck("replay", encode(replace(recorded, options=options)))
    assert result.exit_code == 3
    assert "fault-completes: does not happen any more" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tiny-falt",), 'did you mean "tiny-fault"?'),
        (("tiny-fault", "--set", "genration=g1"), 'did you mean "generation"?'),
        (("tiny-fault", "--size", "cpu_threads=99"), "from 1 to 4"),
        (("tiny-fault", "--strategy", "dpro"), 'did you mean "dpor"?'),
        (("--strategy", "dpro"), 'did you mean "dpor"?'),
        (("tiny-fault", "--json", "no/such/folder/x.json"), "no folder"),
        (("tiny-fault", "--runs", "0"), "0 is not in the range"),
    ],
)
def test_bad_input_has_status_2_and_says_what_would_be_good(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_json_document() -> None:
    value = document("tiny-fault", "--size", "cpu_threads=3", "--set", "generation=g3", "--strategy", "states")
    assert value["scenario"] == "tiny-fault"
    assert value["sizes"] == {"cpu_threads": 3}
    assert value["options"] == {"generation": "g3"}
    assert value["seed"] is None
    assert value["complete"] is True
    assert set(verdicts(value).values()) == {"HOLDS"}


def test_auto_samples_where_there_are_too_many_states() -> None:
    result = run("tiny-many", "--states", "100", "--runs", "20")
    assert result.exit_code == 3
    assert "more than 100 states" in result.stderr
    assert "pos, seed 1: 20 runs" in result.stdout


def test_auto_samples_where_states_cannot_be_seen() -> None:
    result = run("tiny-sum", "--runs", "20")
    assert result.exit_code == 3
    assert "sum() has begun" in result.stderr
    assert "From here on a sample" in result.stderr
    assert "SAMPLED" in result.stdout
    assert set(verdicts(document("tiny-sum", "--strategy", "states")).values()) == {"TRUNCATED"}


def test_workers_share_the_runs() -> None:
    value = document("tiny-race", "--strategy", "random", "--workers", "2", "--runs", "60", "--size", "threads=1")
    assert value["runs"] == 108  # 48 of them looked for loops first
    assert set(verdicts(value).values()) == {"SAMPLED"}


def test_an_interrupt_tells_how_far_it_got(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(config: Config, sizes: Mapping[str, int]) -> World:
        os.kill(os.getpid(), signal.SIGINT)
        return _many(config, sizes)

    monkeypatch.setitem(SCENARIOS, "tiny-many", replace(MANY, build=interrupted))
    result = run("tiny-many", "--strategy", "random", "--runs", "50")
    assert result.exit_code == 130
    assert "no violation in 1 run (interrupted)" in " ".join(result.stdout.split())


def test_a_report_is_a_folder_of_pages(tmp_path: Path) -> None:
    assert run("tiny-opposite", "--report", "out").exit_code == 1
    page = (tmp_path / "out" / "run-tiny-opposite.html").read_text()
    assert "locks are taken in a circle" in page
    assert svmcheck("replay", "out/run.json").exit_code == 1


def test_a_bound_that_is_passed_is_told_and_can_be_seen_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(config: Config, sizes: Mapping[str, int]) -> World:
        count = [0]

        def task() -> None:
            with sched.pending("is-done"):
                while True:
                    sched.point(Op("count", None, READ))
                    count[0] += 1

        sched.spawn("counter", task)
        return World([count])

    monkeypatch.setitem(SCENARIOS, "tiny-endless", Scenario("tiny-endless", "Counts.", endless, {}, {}))
    arguments = ("tiny-endless", "--strategy", "random", "--bound", "40", "--steps", "200")
    assert run(*arguments).exit_code == 1
    again = svmcheck("replay", token_of(*arguments))
    assert again.exit_code == 1
    assert "happens again, after 41 steps" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--json", "-"), "the list of scenarios is text alone"),
        (("tiny-fault", "--options", "--json", "-"), "--options is text alone"),
        (("tiny-fault", "--options", "--report", "out"), "--options is text alone"),
        (("cpu-fault", "--conform", "--json", "-"), "--conform is text alone"),
        (("tiny-fault", "--json", ""), "the name of a place to write to is empty"),
        (("tiny-fault", "--report", ""), "the name of a place to write to is empty"),
    ],
)
def test_what_has_no_document_is_not_asked_for_one(arguments: tuple[str, ...], what: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert what in result.stderr


def test_a_token_shows_one_property() -> None:
    token = token_of("tiny-opposite")
    assert svmcheck("replay", token, "--property", "lock-order").exit_code == 1
    result = svmcheck("replay", token, "--property", "nope")
    assert result.exit_code == 2
    assert 'this run shows "lock-order", not "nope"' in result.stderr


LOUD = """
import os
import subprocess
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.object import Kobject
from svmcheck.model.kernel.scenario import World, scenario

print("loaded")


@scenario("loud")
def loud(config, sizes):
    box = Kobject()
    box.value = 0

    def task():
        print("in a task")
        os.write(1, b"by a descriptor\\n")
        subprocess.run(["echo", "by a child"])
        box.read("value")

    sched.spawn("task", task)
    return World([box])
"""


def test_what_a_scenario_prints_is_no_part_of_the_document(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(LOUD)
    code = "from svmcheck.checker.cli.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "loud.py", "--json", "-"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["scenario"] == "loud.py:loud"
    for text in ("loaded", "in a task", "by a descriptor", "by a child"):
        assert text in done.stderr


def test_a_sample_that_is_cut_tells_of_the_states_before(capsys: pytest.CaptureFixture[str]) -> None:
    asked = iter(range(10_000))
    wish = Wish("auto", runs=1_000_000, states=50)
    session = explored(Chosen(MANY, (), ()), wish, 1, lambda effort: None, lambda: next(asked) > 500)
    assert (session.wish.strategy, session.cut) == ("pos", "interrupted")
    assert "before the sample 50 states were explored, without a violation" in capsys.readouterr().err
