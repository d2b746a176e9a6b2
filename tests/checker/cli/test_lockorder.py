# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``svmcheck lockorder``, on protocol files as users write them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from svmcheck.checker.cli.main import main
from tests.checker.lockorder.worlds import ORDERS


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def lockorder(world: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["lockorder", f"{ORDERS}:{world}", *arguments])


def check(world: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", f"{ORDERS}:{world}", *arguments])


def test_no_cycle() -> None:
    result = lockorder("TriesInside")
    assert result.exit_code == 0, result.output
    assert "2 locks, 1 order, no cycle" in result.stdout


def test_a_cycle() -> None:
    result = lockorder("AbBa")
    assert result.exit_code == 1, result.output
    assert "cycle 1: a -> b -> a" in result.stdout


def test_code_that_no_run_reaches() -> None:
    assert lockorder("Unreachable").exit_code == 1
    result = lockorder("Unreachable", "--reachable")
    assert result.exit_code == 0, result.output
    assert "code that the search reached" in result.stdout


def test_a_target_of_the_catalogue_with_variant_and_sizes() -> None:
    arguments = ["lockorder", "cpu-fault", "--variant", "g2-driver-lock", "--size", "mappings=2"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "pages.lock -> driver" in result.stdout


def test_json_alone_on_standard_output() -> None:
    result = lockorder("AbBa", "--json", "-")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["cycles"][0]["locks"] == ["a", "b"]


def test_the_graph_for_graphviz() -> None:
    assert lockorder("AbBa", "--dot", "-").stdout.startswith("digraph")
    lockorder("AbBa", "--dot", "order.gv")
    assert Path("order.gv").read_text().startswith("digraph")


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_a_picture() -> None:
    result = lockorder("AbBa", "--svg", "order.svg")
    assert "<svg" in Path("order.svg").read_text()
    assert "note: wrote order.svg" in result.stderr


def test_a_picture_needs_a_file() -> None:
    result = lockorder("AbBa", "--svg", "-")
    assert result.exit_code == 2
    assert "a drawing needs a file" in result.stderr


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_check_lists_it_whatever_the_engine(engine: str) -> None:
    result = check("Flush", "--property", "lock-order", "--engine", engine, "--json", "-")
    assert result.exit_code == 1, result.output
    (found,) = json.loads(result.stdout)["results"]
    assert (found["property"], found["kind"], found["verdict"]) == ("lock-order", "lock-order", "VIOLATED")
    assert found["message"].startswith("a -> work -> a")


def test_check_writes_its_report_without_a_run_to_show() -> None:
    assert check("Flush", "--report", "out").exit_code == 1
    assert "lock-order" in Path("out/orders.py-Flush.html").read_text()


def test_a_gate_can_expect_it() -> None:
    Path("own.toml").write_text(f"""
target = "own"
protocol = "{ORDERS}"
world = "AbBa"
summary = "two locks"

[variants.plain]
summary = "as it is"

[[expect]]
variant = "plain"
property = "lock-order"
verdict = "VIOLATED"
source = "the test"
""")
    result = CliRunner().invoke(main, ["gate", "own.toml"])
    assert result.exit_code == 0, result.output
