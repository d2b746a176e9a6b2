# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lock-order graph as text, as a drawing and as JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from svmcheck.checker.lockorder.analyse import analyse
from svmcheck.model.ir.program import Frame
from svmcheck.model.lock_graph import LockGraph
from svmcheck.reports.graph.lockorder import lock_order
from svmcheck.reports.graph.render import render
from svmcheck.reports.json_lockorder import SCHEMA_FILE, lockorder_json, lockorder_text
from svmcheck.reports.lockorder import lines, places, remarks, sentence
from svmcheck.reports.text import plain_text
from tests.checker.lockorder.worlds import names, world
from tests.golden import check_golden

SHOWN = ["AbBa", "Deferred", "Readers", "Guarded", "Together", "Alone", "TriesInside", "OneByOne"]


def graph(name: str) -> LockGraph:
    return analyse(world(name))


@pytest.mark.parametrize("name", SHOWN)
def test_text(name: str) -> None:
    check_golden(f"lockorder/{name}.txt", plain_text(lines(graph(name))))


@pytest.mark.parametrize("name", ["AbBa", "Deferred", "Readers", "TriesInside"])
def test_drawing(name: str) -> None:
    check_golden(f"lockorder/{name}.gv", lock_order(graph(name)))


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
@pytest.mark.parametrize("name", names())
def test_every_drawing_can_be_drawn(name: str, tmp_path: Path) -> None:
    assert render(lock_order(graph(name)), tmp_path / "order.svg").message == ""


def test_one_sentence_names_the_first_cycle() -> None:
    assert sentence(graph("Flush")) == (
        "a -> work -> a: flushes waits for work (orders.py:190) while it holds a (orders.py:189); "
        "runs takes a (orders.py:196) while it holds work (orders.py:196)"
    )
    assert "takes another boxes.lock" in sentence(graph("Together"))
    assert "takes b for reading" in sentence(graph("Readers"))


@pytest.mark.parametrize("name", names())
def test_json_keeps_the_schema(name: str) -> None:
    schema = json.loads(SCHEMA_FILE.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(lockorder_text("orders.py", graph(name))), schema)


def test_the_orders_of_a_cycle_can_be_looked_up() -> None:
    document = json.loads(lockorder_text("orders.py", graph("Three")))
    (cycle,) = document["cycles"]
    assert [document["orders"][n]["before"] for n in cycle["orders"]] == cycle["locks"] == ["a", "b", "c"]
    assert lockorder_json("orders.py", graph("Three"))["schema"] == "svmcheck/lockorder/1"


def test_the_methods_of_a_lock_are_left_out_of_a_place() -> None:
    def frame(function: str) -> Frame:
        return Frame("f.py", 1, 1, 1, 2, function)

    chain = (frame("actor"), frame("helper"), frame("Work.flush"), frame("Work.might_wait"))
    assert places(chain) == chain[:2]
    assert places((frame("Lock.all"),)) == (frame("Lock.all"),)


def test_what_to_know_of_a_cycle() -> None:
    def said(name: str) -> str:
        given = graph(name)
        return " ".join(remarks(given.cycles[0], given))

    assert "holds it is through: deferred, srcu, restore" in said("Deferred")
    assert "a writer queued between" in said("Readers")
    assert "gate is held on every path" in said("Guarded")
    assert "only both_ways takes these paths" in said("Alone")
    assert "lock_nested()" in said("Together")
    assert said("OutsideFamily") == "of ww one lock is taken outside of it: for that one nobody backs off"
    assert said("AbBa") == ""
