# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Branches, loops, match, choice, counters: what they lead to, and how many steps that is."""

from __future__ import annotations

import pytest

from .small import one, two

COUNT = "n = bounded(-9, 9, init=0)\nm = bounded(-9, 9, init=0)"
PTE = "class Pte(Enum):\n    NONE = auto()\n    RAM = auto()\n    SWAP = auto()"
TICK = "def tick(k: Demo, result: bool) -> bool:\n    with atomic():\n        k.n += 1\n    return result"


def test_a_statement_is_a_step_and_local_statements_are_none() -> None:
    found = one("a = 1\nb = a + 1\nk.n = b\nc = b * 2\nk.m = c", COUNT)
    assert found.steps == 2
    assert found.ends == [{"n": "2", "m": "4"}]


def test_a_test_of_shared_state_is_a_step_of_its_own() -> None:
    assert one("if k.n == 0:\n    k.m = 1", COUNT).steps == 2
    assert one("a = k.n\nif a == 0:\n    k.m = 1", COUNT).steps == 2  # the read, the store


def test_counting_up_is_a_read_and_a_write() -> None:
    assert two("k.n += 1", COUNT).values("n") == {"1", "2"}
    assert two("with atomic():\n    k.n += 1", COUNT).values("n") == {"2"}


@pytest.mark.parametrize(
    ("test", "ticks", "outcome"),
    [
        ("tick(k, True) and tick(k, True)", 2, True),
        ("tick(k, False) and tick(k, True)", 1, False),
        ("tick(k, True) or tick(k, True)", 1, True),
        ("tick(k, False) or tick(k, True)", 2, True),
        ("not tick(k, True)", 1, False),
        ("not (tick(k, False) or tick(k, False))", 2, True),
        ("tick(k, True) and not tick(k, False) and tick(k, False)", 3, False),
        ("k.m == 1 or tick(k, True)", 1, True),
        ("k.m == 0 or tick(k, True)", 0, True),
    ],
)
@pytest.mark.parametrize("form", ["if {}:\n    k.m = 7", "done = {}\nif done:\n    k.m = 7"])
def test_calls_in_conditions_happen_as_far_as_they_decide(test: str, ticks: int, outcome: bool, form: str) -> None:
    found = one(form.format(test), COUNT, more=TICK)
    assert found.ends == [{"n": str(ticks), "m": "7" if outcome else "0"}]


def test_while_with_break_and_continue() -> None:
    body = """
    i = counter(0, 0, 9)
    while i < 9:
        i += 1
        if i == 2:
            continue
        if i == 5:
            break
        k.n = k.n + i
    k.m = i
    """
    assert one(body, "n = bounded(0, 20)\nm = bounded(0, 9)").ends == [{"n": "8", "m": "5"}]  # 1 + 3 + 4


def test_break_leaves_one_loop_only() -> None:
    body = """
    for i in range(2):
        for j in range(3):
            if j == 1:
                break
            k.n = k.n + 1
        k.m = i
    """
    assert one(body, COUNT).ends == [{"n": "2", "m": "1"}]


def test_return_from_loops_and_branches() -> None:
    find = """
    def find(k: Demo, wanted: int) -> int:
        for i in range(4):
            if k.a[i] == wanted:
                return i
        return -1
    """
    body = "k.a[2] = 7\nk.n = find(k, 7)\nk.m = find(k, 8)"
    found = one(body, COUNT + "\na = array(4, bounded(0, 9))", more=find)
    assert (found.values("n"), found.values("m")) == ({"2"}, {"-1"})


def test_for_over_every_domain() -> None:
    body = """
    for i in range(1, 3):
        k.n = k.n + i
    for pte in Pte:
        if pte != Pte.RAM:
            k.m = k.m + 1
    for cell in k.cells:
        cell.seen = True
    for page in k.pages:
        page.seen = True
    """
    world = COUNT + "\ncells = array(2, Cell())\npages = pool(Page, 3)"
    top = PTE + "\n\n\nclass Cell(Record):\n    seen = flag()\n\n\nclass Page(Record):\n    seen = flag()"
    initial = """
    @initial
    def setup(k: Demo) -> None:
        a = k.pages.alloc()
        k.pages.alloc()
        k.pages.free(a)
    """
    (end,) = one(body, world, top=top, end=initial).ends
    assert (end["n"], end["m"]) == ("3", "2")
    assert [end[f"cells[{i}].seen"] for i in range(2)] == ["True", "True"]
    assert [end[f"pages[{i}].seen"] for i in range(3)] == ["False", "True", "False"]  # only what is allocated


def test_for_over_the_instances_of_an_actor() -> None:
    body = "for who in worker:\n    k.asked.add(who)"
    assert two(body, "asked = bitset(Pid)").values("asked") == {"{worker[0], worker[1]}"}


def test_match_on_a_shared_value_reads_it_once() -> None:
    body = """
    match k.pte:
        case Pte.NONE:
            k.n = 1
        case Pte.RAM | Pte.SWAP:
            k.n = 2
    k.pte = Pte.SWAP
    """
    found = two(body, "pte = state(Pte.NONE)\n" + COUNT, top=PTE)
    assert found.values("n") == {"1", "2"}


def test_match_with_default_and_none_of_the_cases() -> None:
    assert one("match k.n:\n    case 1:\n        k.m = 1\n    case _:\n        k.m = 2", COUNT).values("m") == {"2"}
    assert one("match k.n:\n    case 1:\n        k.m = 1\n    case 2:\n        k.m = 2", COUNT).values("m") == {"0"}


def test_choose_is_a_step_with_an_edge_for_each_option() -> None:
    found = one("x = choose(1, 2, 3)\nk.n = x", COUNT)
    assert found.values("n") == {"1", "2", "3"}
    assert found.steps == 6


def test_an_eventual_choice_is_strongly_fair() -> None:
    body = """
    with pending("ends"):
        while True:
            stop = choose(True, False{})
            if stop:
                break
    """
    fair = one(body.format(", eventually=True"), "busy = flag()").decide()["ends"]
    unfair = one(body.format(""), "busy = flag()").decide()["ends"]
    assert (fair.verdict.value, unfair.verdict.value) == ("HOLDS", "VIOLATED")


def test_a_counter_stays_in_its_range() -> None:
    found = one("i = counter(2, 0, 3)\ni += 1\nk.n = i\ni += 1\nk.m = i", COUNT)
    assert found.violated == {"bounds"}
    assert one("i = counter(2, -3, 3)\ni -= 5\nk.n = i", COUNT).values("n") == {"-3"}


def test_conditional_expressions_and_chains() -> None:
    assert one("k.n = 1 if k.m == 0 else 2", COUNT).values("n") == {"1"}
    assert one("k.n = 3\nif 1 <= k.n < 4 != k.m:\n    k.m = 5", COUNT).values("m") == {"5"}
    assert one("if k.n in (1, 0) and k.m not in (1, 2):\n    k.m = min(4, 7) + max(1, k.n)", COUNT).values("m") == {"5"}


def test_negative_numbers_divide_as_in_python() -> None:
    body = "k.n = -7\nk.m = k.n // 2\nk.q = k.n % 4\nk.r = -k.n"
    (end,) = one(body, COUNT + "\nq = bounded(-9, 9)\nr = bounded(-9, 9)").ends
    assert end == {"n": "-7", "m": "-4", "q": "1", "r": "7"}


def test_tuples_are_returned_and_swapped() -> None:
    more = "def pair(k: Demo) -> tuple[int, bool]:\n    return k.n + 1, k.n == 0"
    body = "a, first = pair(k)\nb = 5\na, b = b, a\nk.n = a\nk.m = b\nk.f = first"
    assert one(body, COUNT + "\nf = flag()", more=more).ends == [{"n": "5", "m": "1", "f": "True"}]


def test_an_untaken_branch_of_an_option_leaves_no_edge() -> None:
    parts = {"top": "class Mode(Options):\n    fast: bool = False", "parameters": "k: Demo, opt: Mode"}
    found = one("if opt.fast:\n    k.n = 1\nelse:\n    k.n = 2", COUNT, **parts)
    assert found.labels == ["k.n = 2"]
