# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The installed command on protocol files: nothing is replaced, and it runs in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from svmcheck.reports import json_check, json_gate

COMMAND = [sys.executable, "-c", "from svmcheck.checker.cli.main import run; run()"]

LOCKS = '''\
"""Two threads and two locks."""
from svmcheck.model.lang import Options, World, process
from svmcheck.model.primitives import Mutex

print("declared")


class Order(Options):
    reversed: bool = True


class Two(World):
    a = Mutex()
    b = Mutex()


@process(1)
def left(k: Two) -> None:
    k.a.lock()
    k.b.lock()
    k.b.unlock()
    k.a.unlock()


@process(1)
def right(k: Two, opt: Order) -> None:
    if opt.reversed:
        k.b.lock()
        k.a.lock()
        k.a.unlock()
        k.b.unlock()
    else:
        k.a.lock()
        k.a.unlock()
'''
ENDLESS = '''\
from svmcheck.model.lang import Size, World, bounded, atomic, pending, process


class Dice(World):
    throwers = Size(8, most=8)
    a, b, c, d = (bounded(0, 9) for _ in range(4))


@process(Dice.throwers)
def thrower(k: Dice) -> None:
    while True:
        with pending("thrown"), atomic():
            k.a = (k.a + 1) % 10
        with atomic():
            k.b = (k.b + 3) % 10
        with atomic():
            k.c = (k.c + k.a) % 10
        with atomic():
            k.d = (k.d + k.b) % 10
'''
CATALOGUE = '''\
target = "two"
protocol = "locks.py"
summary = "two locks"
[variants.same]
summary = "in the same order"
options = {reversed = false}
[variants.opposite]
summary = "in opposite order"
[[expect]]
variant = "same"
property = "*"
verdict = "HOLDS"
source = "a textbook"
[[expect]]
variant = "opposite"
property = "no-deadlock"
verdict = "VIOLATED"
source = "a textbook"
'''


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locks.py").write_text(LOCKS)
    (tmp_path / "c.toml").write_text(CATALOGUE)
    return tmp_path


def test_a_deadlock_and_its_lines(folder: Path) -> None:
    done = run(folder, "check", "locks.py")
    assert done.returncode == 1
    assert "no-deadlock: counterexample of 2 steps" in done.stdout
    lines = LOCKS.splitlines()
    for line in ("    k.a.lock()", "        k.b.lock()"):  # where each of the two takes its first lock
        assert f"locks.py:{lines.index(line) + 1} " in done.stdout
    assert run(folder, "check", "locks.py", "--set", "reversed=false").returncode == 0


def test_standard_output_is_the_document_alone(folder: Path) -> None:
    done = run(folder, "check", "locks.py", "--json", "-")
    value = json.loads(done.stdout)
    jsonschema.validate(value, json.loads(json_check.SCHEMA_FILE.read_text()))
    assert "declared" in done.stderr, "what the protocol file prints is no result"


def test_replay_of_a_saved_check(folder: Path) -> None:
    assert run(folder, "check", "locks.py", "--json", "t.json").returncode == 1
    done = run(folder, "replay", "t.json")
    assert done.returncode == 1, done.stderr
    assert "no-deadlock: counterexample of 2 steps" in done.stdout


def test_a_gate_in_parallel(folder: Path) -> None:
    done = run(folder, "gate", "c.toml", "--jobs", "2", "--json", "-", "--report", "out")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    jsonschema.validate(value, json.loads(json_gate.SCHEMA_FILE.read_text()))
    assert value["met"] == len(value["rows"]) > 3
    assert (folder / "out" / "index.html").is_file()


def test_a_mistake_found_in_a_worker_is_told_as_usual(folder: Path) -> None:
    (folder / "c.toml").write_text(CATALOGUE.replace('"no-deadlock"', '"no-deadlok"'))
    done = run(folder, "gate", "c.toml", "--jobs", "2")
    assert done.returncode == 2
    assert 'has no property "no-deadlok"\nhelp: did you mean "no-deadlock"?' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["check", "endless.py"], *(["gate", "e.toml", "--jobs", n] for n in "12")])
def test_an_interrupt_ends_it_with_what_was_found(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    variants = '[variants.v]\nsummary = "s"\n'
    expect = '[[expect]]\nvariant = "v"\nsizes = {throwers = [7, 8]}\nproperty = "*"\nverdict = "HOLDS"\nsource = "s"\n'
    head = 'target = "t"\nprotocol = "endless.py"\nsummary = "s"\n'
    (tmp_path / "e.toml").write_text(head + variants + expect)
    command = [*COMMAND, *arguments, "--engine", "reference", "--json", "-"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    process.stderr.readline()  # the first line of progress: the search is under way
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in stderr
    value = json.loads(stdout)
    assert {r["verdict"] for r in value.get("results") or value["rows"]} == {"TRUNCATED"}


@pytest.mark.parametrize("statement", ["raise SystemExit(0)", "raise BaseException", "import sys; sys.exit('done')"])
def test_a_file_that_exits(statement: str, tmp_path: Path) -> None:
    (tmp_path / "exits.py").write_text(f"{statement}\n")
    done = run(tmp_path, "check", "exits.py")
    assert done.returncode == 2
    assert "exits.py: error: the file ends the program when it is loaded" in done.stderr
