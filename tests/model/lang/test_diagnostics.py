# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Warnings that depend on paths (locks held, urgency, contracts), and what they must not say."""

from __future__ import annotations

import pytest

from svmcheck.model.lang.diagnostics import Diagnostic, ProtocolError

from .small import compiled, sample, whole

WORLD = "a = flag()\nb = flag()\nc = flag()\nn = bounded(0, 3)\nlock = Mutex()\nother = Mutex()"
WRITE = "k.a = True\nk.b = True\nk.n = 1\n"


def said(body: str, world: str = WORLD, **parts: str) -> list[Diagnostic]:
    """Errors, or warnings and hints if there are none."""
    try:
        return list(compiled(sample(body, world, **parts)).warnings)
    except ProtocolError as error:
        return list(error.diagnostics)


def codes(body: str, world: str = WORLD, **parts: str) -> list[str]:
    """Without what is said of loops that nobody owes to leave, which is test_loops.py."""
    return [d.code for d in said(body, world, **parts) if d.code != "SVM509"]


@pytest.mark.parametrize(
    "body",
    [
        "k.c = k.a and k.b",
        "if k.a or k.b:\n    k.c = True",
        "x = k.n + (1 if k.a else 0)\nk.c = x == 1",
        "k.lock.lock()\nk.lock.unlock()\nk.c = k.a and k.b",
        "if k.a:\n    k.lock.lock()\nk.c = k.a and k.b\nif k.lock.held_by(me()):\n    k.lock.unlock()",
    ],
)
def test_two_unprotected_reads(body: str) -> None:
    assert codes(WRITE + body) == ["SVM502"]


@pytest.mark.parametrize(
    "body",
    [
        "k.lock.lock()\nk.c = k.a and k.b\nk.lock.unlock()",
        "with k.lock:\n    k.c = k.a and k.b",
        "if k.lock.trylock():\n    k.c = k.a and k.b\n    k.lock.unlock()",
        (
            "if k.n == 0:\n    k.lock.lock()\nelse:\n    k.other.lock()\n    k.other.unlock()\n    k.lock.lock()\n"
            "k.c = k.a and k.b\nk.lock.unlock()"
        ),
        "with atomic():\n    k.c = k.a and k.b",
        "wait(k.a and k.b)",
        'assert k.a or k.b or k.n == 0, "x"',
        "x = k.a\nk.c = x and k.b",
    ],
)
def test_reads_that_are_protected_or_one(body: str) -> None:
    assert codes(WRITE + body) == []


def test_what_a_ghost_keeps_is_read_by_nobody() -> None:
    world = f"{WORLD}\ng = ghost(flag())"
    assert codes(f"{WRITE}k.g = k.a and k.b", world) == []
    assert codes(f"{WRITE}k.c = k.a and k.b", world) == ["SVM502"]


def test_what_nobody_else_writes_needs_no_lock() -> None:
    initial = "@initial\ndef setup(k: Demo) -> None:\n    k.a = True\n    k.b = True"
    assert codes("k.c = k.a and k.b", end=initial) == []
    assert codes(WRITE + "k.c = k.a and k.b", actor="1") == []
    assert (
        codes(WRITE + "k.c = k.a and k.b", actor="1", more="@process\ndef x(k: Demo) -> None:\n    k.b = False") == []
    )


TAKE = '@acquires("k.lock")\ndef take(k: Demo) -> None:\n    {}'
DROP = '@releases("k.lock")\ndef drop(k: Demo) -> None:\n    {}'


def call(name: str) -> str:
    return "k.lock.lock()\ndrop(k)" if name == "drop" else "take(k)\nk.lock.unlock()"


@pytest.mark.parametrize(
    ("contract", "body"),
    [
        (DROP, "k.lock.unlock()"),
        (DROP, "if k.a:\n        k.lock.unlock()\n        return\n    k.n = 1\n    k.lock.unlock()"),
        (DROP, "k.lock.unlock()\n    k.lock.lock()\n    k.lock.unlock()"),
        (DROP, "k.other.lock()\n    k.lock.unlock()\n    k.other.unlock()"),
        (DROP, "while k.a:\n        k.a = False\n    k.lock.unlock()"),
        (TAKE, "k.lock.lock()"),
        (TAKE, "while not k.lock.trylock():\n        pass"),
    ],
)
def test_contracts_that_are_kept(contract: str, body: str) -> None:
    name = "drop" if contract is DROP else "take"
    assert codes(call(name), more=contract.format(body)) == []


@pytest.mark.parametrize(
    ("contract", "body", "word"),
    [
        (DROP, "k.n = 1", "no path"),
        (DROP, "if k.a:\n        return\n    k.lock.unlock()", "not every path"),
        (DROP, "if k.a:\n        k.lock.unlock()", "not every path"),
        (DROP, "k.lock.unlock()\n    k.other.lock()", "takes other"),
        (DROP, "k.other.unlock()\n    k.lock.unlock()", "releases other"),
        (TAKE, "if k.a:\n        k.lock.lock()", "not every path"),
        (TAKE, "k.lock.lock()\n    k.lock.unlock()", "no path"),
    ],
)
def test_contracts_that_are_broken(contract: str, body: str, word: str) -> None:
    name = "drop" if contract is DROP else "take"
    (found,) = said(call(name), more=contract.format(body))
    assert found.code == "SVM281"
    assert word in found.headline


def test_with_around_a_callee_that_releases_names_both_lines() -> None:
    text = sample("with k.lock:\n    outer(k)", WORLD,
                  more="def drop(k: Demo) -> None:\n    k.lock.unlock()\n\n\n"
                       "def outer(k: Demo) -> None:\n    drop(k)")  # fmt: skip
    with pytest.raises(ProtocolError) as caught:
        compiled(text)
    (found,) = caught.value.diagnostics
    lines = text.split("\n")
    assert "k.lock.unlock()" in lines[found.frame.line - 1]
    assert ["with k.lock" in lines[label.frame.line - 1] for label in found.labels] == [True]
    assert [lines[f.line - 1].strip() for f in found.chain] == ["outer(k)", "drop(k)"]


def test_a_lock_that_is_dropped_and_taken_by_hand_may_be_dropped_in_a_callee() -> None:
    assert codes("k.lock.lock()\ndrop(k)", more="def drop(k: Demo) -> None:\n    k.lock.unlock()") == []
    assert codes("with k.other:\n    k.lock.lock()\n    k.lock.unlock()") == []
    assert codes("with k.lock:\n    with k.other:\n        return") == []


def test_urgency_that_is_not_interrupted() -> None:
    between = "with urgent():\n    k.a = True\n{}\nwith urgent():\n    k.a = False"
    assert codes(between.format("if k.b:\n    return")) == ["SVM503"]
    assert codes(between.format("k.b = True")) == []  # an ordinary step that does something is meant
    assert codes(between.format("x = 1\nif x == 2:\n    return")) == []
    assert codes("while k.b:\n    with urgent():\n        k.a = True") == ["SVM503"]
    assert codes("while True:\n    with urgent():\n        if k.b:\n            break\n        k.a = True") == []


def test_workers_that_may_be_idle() -> None:
    loop = "while True:\n    {}\n    k.a = False"
    assert codes(loop.format("wait(k.a)")) == ["SVM504"]
    assert codes(loop.format("wait(k.a, idle=True)")) == []
    assert codes(loop.format("wait(k.a)\n    rest()")) == []
    assert codes(loop.format("k.lock.lock()\n    k.lock.unlock()")) == []  # locks are let go of
    assert codes(loop.format('with pending("served"):\n        wait(k.a)')) == []  # it is owed: let the check say so
    assert codes("while k.b:\n    wait(k.a)\n    k.a = False") == []  # it may end


def test_what_a_wait_for_a_freed_record_says() -> None:
    text = sample("wait(k.page == null or not k.page.dirty)", "page = ref(Page)\npages = pool(Page)",
                  top="class Page(Record):\n    dirty = flag()")  # fmt: skip
    edges = [e for p in compiled(text).program.processes for e in p.edges]
    messages = [c.message for e in edges for c in e.checks if c.property == "no-use-after-free"]
    assert messages == ["k.page was freed while this waits for it: ask 'not alive(k.page) or ...' first"]


def test_actors_without_an_instance_are_looked_at() -> None:
    helper = "@process(0)\ndef helper(k: Demo) -> None:\n    k.missing = True"
    assert codes("k.a = True", more=helper) == ["SVM206"]


def test_every_block_of_a_statement_with_a_wrong_head_is_looked_at() -> None:
    body = "if k.x1:\n    k.x2 = 1\nelse:\n    k.x3 = 1\nfor i in k.x4:\n    k.x5 = 1\nwith k.x6:\n    k.x7 = 1\n"
    body += "while k.x8:\n    k.x9 = 1\n    break"
    assert [d.headline.split("'")[1] for d in said(body)] == [f"x{i}" for i in range(1, 10)]


def test_one_mistake_one_message() -> None:
    body = "page = k.missing\nx = page.dirty\nif x and page.n == 1:\n    k.a = x\nk.b = page.ok"
    assert codes(body) == ["SVM206"]
    assert codes("f = lambda: 1\nk.n = f()\nk.a = f") == ["SVM300"]


def test_options_that_nothing_tests() -> None:
    text = whole("""
        class Mode(Options):
            used: bool = False
            unused: Literal["a", "b"] = "a"
            inner: bool = False


        class Demo(World):
            a = flag()


        @process(2)
        def worker(k: Demo, opt: Mode) -> None:
            if opt.used:
                k.a = opt.inner
            k.a = True
    """)
    for used, effective in (("false", {"used"}), ("true", {"used", "inner"})):
        done = compiled(text, {"used": used})
        assert [d.headline.split("'")[1] for d in done.warnings if d.code == "SVM508"] == ["unused"]
        assert done.effective == effective
    property_ = '@invariant\ndef holds(k: Demo, opt: Mode) -> bool:\n    return opt.unused == "a" or k.a'
    assert [d.code for d in compiled(text.replace("from svmcheck.model.lang import ", "from svmcheck.model.lang import "
            "invariant, ") + property_).warnings] == []  # fmt: skip
