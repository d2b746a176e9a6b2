# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The examples of docs/language.md for primitives and contracts compile, and hold."""

from __future__ import annotations

import re
from pathlib import Path

from svmcheck.checker.engine import Limits
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.ir.properties import properties
from svmcheck.model.lang.compile import compile_checked
from svmcheck.model.lang.load import load_protocol
from svmcheck.specs.verdict import Verdict

TEXT = (Path(__file__).parents[3] / "docs" / "language.md").read_text()
IMPORTS = "from svmcheck.model.lang import *\nfrom svmcheck.model.primitives import *\n\n"

FAULT = """
class Page(Record):
    lock = Mutex()

class Fault(World):
    ptl = Mutex()
    pages = pool(Page, 1)
    mapped = ref(Page)

@initial
def one_page(k: Fault) -> None:
    k.mapped = k.pages.alloc()

{example}

@process(2)
def fault(k: Fault) -> None:
    page = k.mapped
    look_up(k, page)
    page.lock.unlock()
    wait_on_locked(k, page)
"""

READERS = """
class Pair(World):
    seq = SeqLock()
    left = bounded(0, 1)
    right = bounded(0, 1)

@process
def reader(k: Pair) -> None:
    with pending("read-completes"):
{example}
    assert left == right, "no torn pair"

@process
def writer(k: Pair) -> None:
    with k.seq.write():
        k.left = 1
        k.right = 1
"""

UPDATE = """
class Thing(Record):
    used = flag()

class Lookup(World):
    srcu = Srcu()
    things = pool(Thing, 2)
    current = ref(Thing)

@initial
def one_thing(k: Lookup) -> None:
    k.current = k.things.alloc()

@process(2)
def reader(k: Lookup) -> None:
    with k.srcu.read():
        found = k.current
        touch(found)

@process
def updater(k: Lookup) -> None:
    fresh = k.things.alloc()
{example}
"""

MAPPED = """
class Page(Record):
    used = flag()

class Cached(World):
    generation = Generation()
    lock = Mutex()
    pages = pool(Page, 2)
    mapped = ref(Page)
    used = ref(Page)

@initial
def one_page(k: Cached) -> None:
    k.mapped = k.pages.alloc()

@process
def user(k: Cached) -> None:
    with pending("use-begins"):
{example}

@process
def changer(k: Cached) -> None:
    with k.lock:
        k.mapped = k.pages.alloc()
        k.used = null
        k.generation.bump()

@invariant
def only_what_is_mapped_is_used(k: Cached) -> bool:
    return k.used == null or k.used == k.mapped or k.lock.locked()
"""

TEARDOWN = """
class Object(Record):
    used = flag()

class Driver(World):
    work = Work()
    objects = pool(Object, 1)
    object = ref(Object)

@initial
def one_object(k: Driver) -> None:
    k.object = k.objects.alloc()
    k.work.queue()

@process
def worker(k: Driver) -> None:
    while True:
        with k.work.run_once():
            touch(k.object)
            k.work.queue()

@process
def teardown(k: Driver) -> None:
{example}
"""


def example(words: str) -> str:
    (found,) = [text for text in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if words in text]
    return found


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def broken(tmp_path: Path, text: str) -> set[str]:
    """What does not hold, and the codes of warnings."""
    path = tmp_path / "example.py"
    path.write_text(IMPORTS + text)
    compiled = compile_checked(load_protocol(path))
    program = compiled.program
    found = ReferenceEngine().decide(program, properties(program), Limits(), lambda tick: None)
    wrong = {r.property for r in found.results if r.verdict is not Verdict.HOLDS and r.kind != "lock-order"}
    return wrong | {warning.code for warning in compiled.warnings}


def test_locks_that_change_hands(tmp_path: Path) -> None:
    assert broken(tmp_path, FAULT.format(example=example("def wait_on_locked"))) == set()


def test_locks_in_any_order(tmp_path: Path) -> None:
    assert broken(tmp_path, example("class Bind(World)")) == set()


def test_sequence_counts(tmp_path: Path) -> None:
    assert broken(tmp_path, READERS.format(example=indented(indented(example("k.seq.read_begin()"))))) == set()


def test_srcu(tmp_path: Path) -> None:
    assert broken(tmp_path, UPDATE.format(example=indented(example("k.srcu.synchronize()")))) == set()


def test_generations(tmp_path: Path) -> None:
    text = MAPPED.format(example=indented(indented(example("k.generation.read()"))))
    assert broken(tmp_path, text) == set()
    assert "only-what-is-mapped-is-used" in broken(tmp_path, text.replace("k.generation.bump()", "pass"))


def test_work_items(tmp_path: Path) -> None:
    text = TEARDOWN.format(example=indented(example("k.work.disable_sync()")))
    assert broken(tmp_path, text) == set()
    assert "no-use-after-free" in broken(tmp_path, text.replace("disable_sync", "flush"))
