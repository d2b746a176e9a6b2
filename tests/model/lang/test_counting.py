# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``x += 1`` on shared state: told where a count can be lost, and nowhere else. The search says which is which."""

from __future__ import annotations

import pytest

from .small import compiled, explored, sample

WORLD = "n = bounded(0, 2)\nlock = Mutex()\nother = Mutex()\nspin = SpinLock()"
LOCKED = "with k.lock:\n    k.n += 1"
TWICE = "@balance\ndef nothing_lost(k: Demo) -> bool:\n    return k.n == 2"


def hints(text: str) -> list[str]:
    return [d.code for d in compiled(text).warnings if d.code == "SVM501"]


def outcome(body: str, **parts: str) -> tuple[int, bool]:
    """How often it is told, and whether a count can be lost. Two counters count to two."""
    text = sample(body, WORLD, end=TWICE, **parts)
    return len(hints(text)), any(end["n"] != "2" for end in explored(text).ends)


@pytest.mark.parametrize(
    "body",
    [
        LOCKED,
        "k.spin.lock()\nk.n += 1\nk.spin.unlock()",
        "while not k.lock.trylock():\n    pass\nk.n += 1\nk.lock.unlock()",
        "got = k.lock.trylock()\nif not got:\n    k.lock.lock()\nk.n += 1\nk.lock.unlock()",
        "with k.other:\n    k.other.locked()\nwith k.other, k.lock:\n    k.n += 1",
        "with atomic():\n    k.n += 1",
    ],
)
def test_under_one_lock_no_count_is_lost_and_nothing_is_said(body: str) -> None:
    body = body.replace("k.other.locked()", "pass")
    assert outcome(body) == (0, False)


@pytest.mark.parametrize(
    "body",
    [
        "k.n += 1",
        "k.lock.lock()\nk.lock.unlock()\nk.n += 1",
        "if k.lock.trylock():\n    k.n += 1\n    k.lock.unlock()\nelse:\n    k.n += 1",
        "got = k.lock.trylock()\nk.n += 1\nif got:\n    k.lock.unlock()",
    ],
)
def test_where_a_count_can_be_lost_it_is_said(body: str) -> None:
    told, lost = outcome(body)
    assert told >= 1
    assert lost


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("k.n = (k.n + 1) % 3", ["SVM510"]),
        ("k.n = 2 if k.n == 1 else 0", ["SVM510"]),
        ("k.n = 1", []),
        ("seen = k.n\nk.n = (seen + 1) % 3", []),
        ("with k.lock:\n    k.n = (k.n + 1) % 3", []),
        ("with atomic():\n    k.n = (k.n + 1) % 3", []),
    ],
)
def test_an_update_that_is_one_step_here(body: str, told: list[str]) -> None:
    found = compiled(sample(body, WORLD)).warnings
    assert [d.code for d in found if d.code in ("SVM501", "SVM510")] == told


def test_an_update_of_another_cell_is_none() -> None:
    cells = "cells = array(2, bounded(0, 2))"
    assert not compiled(sample("k.cells[0] = k.cells[1]", cells)).warnings
    (found,) = compiled(sample("k.cells[1] = 2 - k.cells[1]", cells)).warnings
    assert found.headline == "'k.cells[1] = 2 - k.cells[1]' reads and writes k.cells[1] in one step"


def test_two_actors_under_two_locks() -> None:
    second = "@process\ndef second(k: Demo) -> None:\n    with k.{}:\n        {}"
    assert outcome(LOCKED, actor="1", more=second.format("other", "k.n += 1")) == (2, True)
    assert outcome(LOCKED, actor="1", more=second.format("lock", "k.n += 1")) == (0, False)
    assert outcome(LOCKED, actor="1", more=second.format("other", "k.n = 0"))[0] == 1


def test_a_plain_write_without_the_lock_counts_as_well() -> None:
    reset = "@process\ndef reset(k: Demo) -> None:\n    k.n = 0"
    assert hints(sample(LOCKED, WORLD, more=reset)) == ["SVM501"]
    reads = "@process\ndef reads(k: Demo) -> None:\n    wait(k.n == 2)"
    assert hints(sample(LOCKED, WORLD, more=reads)) == []


def test_the_write_without_the_lock_is_pointed_at() -> None:
    reset = "@process\ndef reset(k: Demo) -> None:\n    k.n = 0"
    text = sample(LOCKED, WORLD, more=reset)
    (found,) = (d for d in compiled(text).warnings if d.code == "SVM501")
    (label,) = found.labels
    assert text.split("\n")[label.frame.line - 1].strip() == "k.n = 0"
    assert label.text == "written here without holding lock"
    (bare,) = (d for d in compiled(sample("k.n += 1", WORLD)).warnings if d.code == "SVM501")
    assert bare.labels == ()


def test_what_an_option_rules_out_is_not_told() -> None:
    mode = "class Mode(Options):\n    fast: bool = False"
    text = sample("if opt.fast:\n    k.n += 1\nelse:\n    k.n = 1", WORLD, top=mode, parameters="k: Demo, opt: Mode")
    assert hints(text) == []
    assert [d.code for d in compiled(text, {"fast": "true"}).warnings] == ["SVM501"]


def test_nobody_else_writes() -> None:
    assert hints(sample("k.n += 1", WORLD, actor="1")) == []
    reads = "@process\ndef reads(k: Demo) -> None:\n    wait(k.n == 1)"
    assert hints(sample("k.n += 1", WORLD, actor="1", more=reads)) == []


PAGE = "class Page(Record):\n    lock = Mutex()\n    n = bounded(0, 4)"
PAGES = "pages = pool(Page, 2)\na = ref(Page)\nb = ref(Page)\nkeep = Mutex()"
BOTH = "page = k.a\nother = k.b\npage.lock.lock()\nother.lock.lock()"
SETUP = "@initial\ndef setup(k: Demo) -> None:\n    k.a = k.pages.alloc()\n    k.b = k.pages.alloc()"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("page = k.a\nwith page.lock:\n    page.n += 1", 0),
        ("page = choose(k.a, k.b)\nwith page.lock:\n    page.n += 1", 0),
        ("page = k.a\nother = k.b\nwith other.lock:\n    page.n += 1", 1),
        ("page = k.a\npage.lock.lock()\npage = k.b\npage.n += 1\npage = k.a\npage.lock.unlock()", 1),
        ("page = k.a\nother = k.b\nwith page.lock, other.lock:\n    page.n += 1", 0),
        (f"{BOTH}\nother.lock.unlock()\npage.n += 1\npage.lock.unlock()", 1),  # the two could be one: not certain
        ("page = k.a\nwith k.keep:\n    page.n += 1", 0),
    ],
)  # fmt: skip
def test_the_lock_beside_the_field(body: str, told: int) -> None:
    assert hints(sample(body, PAGES, top=PAGE, end=SETUP)) == ["SVM501"] * told


def test_each_has_a_cell_of_its_own() -> None:
    world = "threads = Size(2, most=3)\nn = array(threads, bounded(0, 4))"
    own = sample("k.n[me()] += 1", world, actor="Demo.threads")
    assert hints(own) == []
    first = sample("k.n[me()] += 1\nk.n[0] += 1", world, actor="Demo.threads")
    assert hints(first) == ["SVM501"] * 2
    reset = "@process\ndef reset(k: Demo) -> None:\n    k.n[0] = 0"
    (found,) = (d for d in compiled(own + "\n\n" + reset).warnings if d.code == "SVM501")
    assert [label.text for label in found.labels] == ["written here without being its owner"]


RWSEM = "from svmcheck.model.primitives import RwSem\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("with k.sem.write():\n    k.n += 1", 0),
        ("with k.sem.read():\n    k.n += 1", 1),
        ("k.sem.down_write()\nk.sem.downgrade_write()\nk.n += 1\nk.sem.up_read()", 1),
    ],
)
def test_readers_exclude_nobody(body: str, told: int) -> None:
    assert hints(RWSEM + sample(body, "n = bounded(0, 4)\nsem = RwSem()")) == ["SVM501"] * told


def test_a_lock_of_the_authors_own_is_not_trusted() -> None:
    broken = """
        class Broken(Lock):
            owner = pid()

            def lock(self) -> None:
                self.owner = me()
                acquired(self)

            def unlock(self) -> None:
                self.owner = null
                released(self)

            @pure
            def held_by(self, who: Pid) -> bool:
                return self.owner == who
    """
    assert hints(sample(LOCKED, "n = bounded(0, 4)\nlock = Broken()", top=broken)) == ["SVM501"]
