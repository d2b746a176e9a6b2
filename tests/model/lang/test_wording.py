# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is said to those who write what they know from Python or the kernel: in words of the protocol language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from svmcheck.model.lang.compile import compile_checked
from svmcheck.model.lang.diagnostics import Diagnostic, ProtocolError
from svmcheck.model.lang.load import load_protocol

from .small import compiled, sample

TOP = """
LIMIT = 3.5
NAMES = ["a"]


class Thing:
    pass


THING = Thing()


class Pte(Enum):
    NONE = auto()
    RAM = auto()


class Page(Record):
    dirty = flag()
"""
WORLD = (
    "busy = flag()\nn = bounded(0, 7)\npte = state(Pte.NONE)\nmapped = ref(Page)\npages = pool(Page, 2)\nwho = pid()\n"
    "s = bitset(8)\narr = array(3, flag())\nlock = Mutex()\nsem = RwSem()\nrefs = Refcount()\nwork = Work()\n"
    "slots = array(2, Page())\nthreads = Size(2, most=4)"
)
IMPORTS = "from svmcheck.model.primitives import RwSem\n"
PYTHON_SPEAK = re.compile(
    r"builtin_function|NoneType|object at 0x|<class|unsupported operand|positional|__\w+__|Error\b|BitAnd|\bList\b"
)


def said(body: str, world: str = WORLD, **parts: str) -> list[Diagnostic]:
    with pytest.raises(ProtocolError) as caught:
        compiled(IMPORTS + sample(body, world, top=TOP, **parts))
    return list(caught.value.diagnostics)


STATEMENTS = {
    "print(k.n)": ("Python's print() cannot be used", "there are len, min, max"),
    "x = sorted(k.arr)": ("Python's sorted() cannot be used", "there are len, min, max"),
    "x = list(k.pages)": ("Python's list() in a protocol function", "there are len, min, max"),
    "k.n = LIMIT": ("the fraction 3.5 cannot be used", "count in integers"),
    "k.n = NAMES": ("a Python list cannot be used", "declare it in the world: array(n, field) or pool(Record, n)"),
    "k.busy = THING": ("an object of the class Thing cannot be used", "name parameters"),
    "k.n = 1.5": ("the constant 1.5 is not part", "use integers"),
    "x = ...": ("the constant Ellipsis", "use integers"),
    "x = Demo.n": ("the declaration of a field cannot be used", "'k.count', not 'Demo.count'"),
    "with k.sem:\n    k.n = 1": ("a RwSem cannot stand", "write 'with k.sem.read():' or 'with k.sem.write():'"),
    "with k.sem.read:\n    k.n = 1": ("the function RwSem.read cannot stand", "write 'with k.sem.read():'"),
    "with k.work:\n    k.n = 1": ("a Work cannot stand", "write 'with k.work.run_once():'"),
    "with k.lock.lock():\n    k.n = 1": ("cannot stand in a with", "write 'with k.lock:'"),
    "with atomic:\n    k.n = 1": ("the word atomic() cannot stand", "write 'with atomic():'"),
    "with pending:\n    k.n = 1": ("the word pending() cannot stand", "write 'with pending(\"goal\"):'"),
    "if k.refs.get_unless_zero:\n    k.n = 1": ("get_unless_zero is not a value", "write k.refs.get_unless_zero()"),
    "k.mapped = None": ("None is a Python object", "write null"),
    "if k.who == None:\n    k.n = 1": ("None is a Python object", "write null"),
    "if me() == 0:\n    k.n = 1": ("a process id is compared with the integer 0", "a @process of its own"),
    "k.n, k.busy = 1, True": ("this cannot be assigned to in a tuple", "one target at a time"),
    "worker(k)": ("the actor worker cannot be called", "move what both do into a function that both call"),
    "k.lock": ("this value is not used", "write k.lock.lock(), or 'with k.lock:'"),
    "k.lock.unlock": ("this value is not used", "write k.lock.unlock()"),
    "k.lock = True": ("a Mutex cannot be assigned to", "it has lock(), unlock()"),
    "k.refs += 1": ("a Refcount cannot be assigned to", "it has get()"),
    "if k.lock:\n    k.n = 1": ("a Mutex is not a value", "ask whether it is locked()"),
    "k.arr = True": ("an array cannot be assigned to", "assign to an element: 'k.arr[i] = ...'"),
    "k.who = me": ("the word me() is not a value", "write me()"),
    "k.pte = 'RAM'": ('the text "RAM" is not a value', "declare an Enum"),
    "k.mapped = k.slots[0]": ("a Page is not a value", "declare 'things = pool(Page, n)'"),
    "k.s.add(Pte.RAM)": ("a Pte cannot be in a set of integers 0..7", "bitset(Pte)"),
    "x = k.busy in k.s": ("a bool cannot be in a set of integers 0..7", "bitset(Pid)"),
    "k.s.discard(1)": ("a set of integers 0..7 has no attribute 'discard'", "add(x), remove(x)"),
    "k.pages.append(1)": ("a pool has no attribute 'append'", "alloc(), try_alloc() and free(record)"),
    "for p in k.pages:\n    p.free()": ("Page has no field or method 'free'", "k.things.free(record)"),
    "x = k.n & 1": ("the operator '&' is no operator of integers", "+ - * // %"),
    "k.n |= 1": ("the operator '|=' is not part", "+="),
    "x = [1, 2]": ("a list is not part of the language here", "use names"),
    "x = choose(1, True)": ("values of two types in one place: the integer 1, and a bool", "one local for each"),
    "assert (k.busy, 'is busy')": ("a condition and a message in parentheses", "take off the parentheses"),
    "mutex_lock(k.lock)": ("unknown name 'mutex_lock'", "a protocol writes x.lock.lock()"),
    "schedule_work(k.work)": ("unknown name 'schedule_work'", "x.work.queue()"),
    "kfree(k.mapped)": ("unknown name 'kfree'", "k.pages.free(page)"),
}


@pytest.mark.parametrize("body", STATEMENTS)
def test_statements(body: str) -> None:
    what, advice = STATEMENTS[body]
    (found,) = said(body)
    assert what in found.headline
    assert advice in found.help
    assert not PYTHON_SPEAK.search(found.headline + found.help)


FIELDS = {
    "x = bounded(3)": ("bounded() lacks 'hi'", "write bounded(lo, hi)"),
    "x = bounded(0, 3, 5)": ("bounded() is given more than it takes", "init=n"),
    "x = bounded(0, threads + 1)": ("this cannot be done with a Size", "declare another Size"),
    "x = array(len(arr), flag())": ("this cannot be done with an array", "write a number"),
    "x = array(3)": ("array() lacks 'of'", "write array(n, field)"),
    "x = array(3, flag)": ("an array of the function flag", "array(n, flag())"),
    "x = flag": ("the function flag where a field is meant", "write flag()"),
    "x = Size(2, max=3)": ("Size() takes no 'max'", "most=n"),
    "x = Mutex('weak')": ("the parameters of a record have names", 'SpinLock(handover="weak")'),
    "x = bounded(0, 3.5)": ("the range 0, 3.5, 0 is not made of integers", "write bounded"),
    "x = counter(3)": ("this uses counter() outside", "declared by bounded(lo, hi)"),
    "x = 1 // 0": ("Python cannot execute this: ", "correct this line"),
    "x = wait(True)": ("uses a word of the protocol language outside", "compiled, never run"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_fields(field: str) -> None:
    what, advice = FIELDS[field]
    (found,) = said("k.busy = True", f"{WORLD}\n{field}")
    assert what in found.headline
    assert advice in found.help
    assert field.startswith("x = 1 //") or not PYTHON_SPEAK.search(found.headline + found.help)


ENDS = {
    "@invariant()\ndef inv(k: Demo) -> bool:\n    return k.busy": ("SVM102", "@invariant has no parentheses"),
    '@leads_to("x")\ndef inv(k: Demo) -> tuple[bool, bool]:\n    return k.busy, k.busy': ("SVM102", "no function"),
    'no = never("a", "b")': ("SVM102", "never() is given more than it takes"),
    'no = never(after=3, then="b")': ("SVM102", "'after' of never() is no label of a cover()"),
    "@process(Demo.n)\ndef two(k: Demo) -> None:\n    k.busy = True": ("SVM109", "neither a number nor a Size"),
    "@process(1, 2)\ndef two(k: Demo) -> None:\n    k.busy = True": ("SVM102", "process() is given more"),
    "@process\ndef two(k: Dmo) -> None:\n    k.busy = True": ("SVM103", "resolved: name 'Dmo' is not defined"),
    "assert False": ("SVM102", "Python cannot execute this: "),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_stands_below(end: str) -> None:
    code, what = ENDS[end]
    found = said("k.busy = True", end=end)[0]
    assert found.code == code
    assert what in found.headline
    assert "assert" in end or not PYTHON_SPEAK.search(found.headline + found.help)


NULL_ANYWAY = "a reference or process id may be null anyway: annotate Page"
ANNOTATED = {
    "def got(k: Demo) -> Page | None:\n    return k.mapped": ("returns Page | None", NULL_ANYWAY),
    "def got(k: Demo) -> Optional[Page]:\n    return k.mapped": ("returns Page | None", NULL_ANYWAY),
    "def got(k: Demo) -> Page | bool:\n    return k.mapped": ("returns Page | bool", "return what is declared"),
    "def got(k: Demo) -> Collection[Page]:\n    return k.mapped": ("returns Collection[Page]", "what is declared"),
    "def got(k: Demo, page: Page | None = null) -> bool:\n    return k.busy": ("takes Page | None", NULL_ANYWAY),
}


@pytest.mark.parametrize("more", ANNOTATED)
def test_annotations_are_told_as_they_are_written(more: str) -> None:
    what, advice = ANNOTATED[more]
    top = f"from typing import Optional\nfrom collections.abc import Collection\n{TOP}"
    argument = ", k.mapped" if "page:" in more else ""
    with pytest.raises(ProtocolError) as caught:
        compiled(IMPORTS + sample(f"x = got(k{argument})", WORLD, top=top, more=more))
    (found,) = caught.value.diagnostics
    assert what.replace("returns", "declared to return").replace("takes", "is declared") in found.headline
    assert advice in found.help


def test_an_actor_takes_the_world_and_options() -> None:
    (found,) = said("k.busy = True", parameters="k: Demo, n: int")
    assert "'n' is neither the world nor options" in found.headline
    assert "it takes only the world and options" in found.help
    (found,) = said("k.busy = True", parameters="k: Demo, n")
    assert found.help == "annotate it: 'n: Demo'"


def test_a_class_that_is_no_world() -> None:
    end = "class Other:\n    n = flag()\n\n\n@process\ndef two(k: Other) -> None:\n    pass"
    found = said("k.busy = True", end=end)
    assert [d.help for d in found] == ["Other is not derived from World: write 'class Other(World):'"]


LEFT_OUT = {
    "an actor": "@process\n    def two(self) -> None:\n        self.busy = True",
    "a property": "@invariant\n    def never(self) -> bool:\n        return self.busy",
    "a set-up": "@initial\n    def begin(self) -> None:\n        self.busy = True",
}


@pytest.mark.parametrize("inside", LEFT_OUT)
def test_what_is_marked_inside_a_class_is_not_left_out_silently(inside: str) -> None:
    text = sample("k.busy = True", "busy = flag()\n\nINSIDE").replace("INSIDE", LEFT_OUT[inside])
    text = "from svmcheck.model.lang import initial, invariant\n" + text
    with pytest.raises(ProtocolError) as caught:
        compiled(text)
    (found,) = caught.value.diagnostics
    assert found.code == "SVM115"
    assert "inside a class" in found.headline
    assert text.split("\n")[found.frame.line - 1].strip().startswith("def ")


@pytest.mark.parametrize(
    "end",
    [
        "@process\nclass Two:\n    pass",
        "holds = invariant(lambda k: k.busy)",
        "if True:\n    @invariant\n    def holds(k: Dem) -> bool:\n        return k.busy",
        "if True:\n    @invariant\n    def holds(k) -> bool:\n        return k.busy",
    ],
)
def test_what_is_marked_and_belongs_to_no_world_is_not_left_out_silently(end: str) -> None:
    assert {d.code for d in said("k.busy = True", end=end)} <= {"SVM112", "SVM103", "SVM115"}


def test_an_actor_of_a_world_that_nothing_here_extends_is_not_left_out_silently(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_text(sample("k.busy = True"))
    more = "from elsewhere import Demo as Other\n\n\n@process\ndef lost(k: Other) -> None:\n    k.busy = False\n"
    path = tmp_path / "here.py"
    path.write_text(sample("k.busy = True") + "\n\n" + more)
    with pytest.raises(ProtocolError) as caught:
        compile_checked(load_protocol(path))
    (found,) = caught.value.diagnostics
    assert (found.code, found.headline.split(",")[0]) == ("SVM112", "'lost' is about Demo")
    derived = "from elsewhere import Demo as Other\n\n\nclass Demo(Other)"
    text = path.read_text().replace("class Demo(World)", derived)
    path.write_text(text.replace("    busy = flag()\n", "    idle = flag()\n"))
    program = compile_checked(load_protocol(path)).program
    assert "lost" in [process.name for process in program.processes]


def test_a_first_state_that_waits_in_vain_is_no_proof() -> None:
    setup = "@initial\ndef setup(k: Demo) -> None:\n    k.n = 1\n    wait(k.busy)"
    (found,) = said("k.busy = True", end=setup)
    assert found.code == "SVM404"
    assert "some wait() in it is false" in found.headline
    fine = "@initial\ndef setup(k: Demo) -> None:\n    k.busy = choose(True, False)\n    wait(k.busy)"
    text = IMPORTS + sample("k.n = 1", WORLD, top=TOP, end=fine)
    assert len(compiled(text).program.initial) == 1  # a wait rules out some choices


@pytest.mark.parametrize("case", ["'z'", "'b' | 'z'"])
@pytest.mark.parametrize("first", ["'a'", "'b'"])
def test_a_case_that_no_option_has_is_refused_wherever_it_stands(first: str, case: str) -> None:
    body = f"match opt.kind:\n    case {first}:\n        pass\n    case {case}:\n        pass"
    top = 'class Opt(Options):\n    kind: Literal["a", "b"] = "a"'
    with pytest.raises(ProtocolError, match="this option is never 'z'"):
        compiled(sample(body, top=top, parameters="k: Demo, opt: Opt"))


def test_a_field_of_the_world_without_the_world() -> None:
    with pytest.raises(ProtocolError) as error:
        compiled(sample("wait(busy)"))
    assert error.value.diagnostics[0].help == "a field of the world is written k.busy"


def test_words_in_another_order() -> None:
    helper = "def put_it(k: Demo) -> None:\n    k.busy = True"
    with pytest.raises(ProtocolError) as error:
        compiled(sample("it_put(k)", end=helper))
    assert error.value.diagnostics[0].headline == "unknown name 'it_put': did you mean 'put_it'?"


def test_a_name_that_is_nearly_one_is_not_to_be_declared() -> None:
    with pytest.raises(ProtocolError) as error:
        compiled(sample("k.bussy = True"))
    assert error.value.diagnostics[0].help == "otherwise declare it in Demo, for example 'bussy = flag()'"
