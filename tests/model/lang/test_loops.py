# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Loops that may go round for ever while no property asks: told where a livelock would pass unseen, and only there."""

from __future__ import annotations

import pytest

from svmcheck.model.lang.diagnostics import Diagnostic

from .small import compiled, sample

WORLD = "a = flag()\nb = flag()\nn = bounded(0, 3)\nlock = Mutex()\nother = Mutex()"
LEFT, GOES_ROUND = "may never leave this loop", "goes round for ever"


def told(body: str, **parts: str) -> list[Diagnostic]:
    return [d for d in compiled(sample(body, WORLD, **parts)).warnings if d.code == "SVM509"]


RETRIES = {
    "polling": "while not k.a:\n    pass",
    "trylock": "while True:\n    if k.lock.trylock():\n        break\nk.lock.unlock()",
    "lock and look": "while True:\n    with k.lock:\n        if k.a:\n            return",
    "back off": (
        "while True:\n    k.lock.lock()\n    if k.other.trylock():\n        break\n    k.lock.unlock()\n"
        "k.other.unlock()\nk.lock.unlock()"
    ),
    "a number that goes back": "n = counter(0, 0, 3)\nwhile not k.a:\n    n = (n + 1) % 3\nk.b = n == 1",
    "only in one branch": "while not k.a:\n    if k.b:\n        with pending('b'):\n            k.b = False",
}


@pytest.mark.parametrize("body", RETRIES.values(), ids=RETRIES.keys())
def test_a_loop_that_may_never_be_left(body: str) -> None:
    (found,) = told(body)
    assert LEFT in found.headline
    indented = "\n".join(f"    {line}" for line in body.split("\n"))
    assert told(f"with pending('all'):\n{indented}") == []


@pytest.mark.parametrize(
    "body",
    [
        "for i in range(3):\n    k.a = not k.a",
        "tries = counter(0, 0, 3)\nwhile not k.a and tries < 3:\n    tries += 1",
        "while not k.a:\n    wait(k.b)\n    k.b = False",
        "while True:\n    rest()\n    k.a = not k.a",
        "while True:\n    wait(k.a, idle=True)\n    k.a = False",
        "while choose(True, False):\n    k.a = not k.a",
        "while not k.a:\n    with pending('gets-on'):\n        k.b = True",
    ],
)
def test_a_loop_that_is_meant_or_that_ends(body: str) -> None:
    assert told(body) == []


def test_a_walk_along_a_list_ends() -> None:
    page = "class Page(Record):\n    dirty = flag()\n    next = ref('Page')"
    world = "pages = pool(Page, 2)\nhead = ref(Page)"
    walk = "page = k.head\nwhile page != null:\n    page.dirty = True\n    page = page.{}"
    said = compiled(sample(walk.format("next"), world, top=page)).warnings
    assert [d.code for d in said] == []
    again = walk.format("next").replace("page = page.next", "page = k.head")
    assert [d.code for d in compiled(sample(again, world, top=page)).warnings] == ["SVM509"]


def test_a_shared_number_counts_as_long_as_nobody_moves_it_back() -> None:
    body = "while k.n < 3:\n    k.n = k.n + 1"
    assert told(body) == []
    assert len(told(body, more="@process\ndef back(k: Demo) -> None:\n    k.n = 0")) == 1


def test_a_loop_without_a_way_out_is_an_environment_where_others_owe() -> None:
    body = "while True:\n    with k.lock:\n        k.a = not k.a"
    (found,) = told(body)
    assert GOES_ROUND in found.headline
    owes = "@process\ndef owes(k: Demo) -> None:\n    with pending('gets-it'):\n        wait(k.a)"
    assert told(body, more=owes) == []


def test_who_writes_what_must_happen_may_mean_the_loop() -> None:
    asks = "@always_eventually\ndef seen(k: Demo) -> bool:\n    return k.a"
    assert told("while not k.a:\n    pass", end=asks) == []


CALLED = "def take(k: Demo) -> None:\n    while not k.lock.trylock():\n        pass"


@pytest.mark.parametrize(
    ("body", "line", "calls"),
    [
        ("k.b = True\nwhile True:\n    if k.lock.trylock():\n        break\nk.lock.unlock()", "while True:", 0),
        ("while k.b:\n    while not k.a:\n        pass\n    rest()", "while not k.a:", 0),
        ("take(k)\nk.lock.unlock()", "while not k.lock.trylock():", 1),
    ],
)
def test_the_place_is_the_head_of_the_loop(body: str, line: str, calls: int) -> None:
    text = sample(body, WORLD, more=CALLED if calls else "")
    (found,) = (d for d in compiled(text).warnings if d.code == "SVM509")
    assert text.split("\n")[found.frame.line - 1].strip() == line
    assert len(found.chain) == calls
