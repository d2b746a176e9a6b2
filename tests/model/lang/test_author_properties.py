# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Properties an author writes: invariants with parameters, balance, leads_to, always_eventually, never, assertions."""

from __future__ import annotations

import pytest

from .small import Small, explored, one, sample, two

PAGE = "class Page(Record):\n    n = bounded(0, 9)"


def verdict(found: Small, name: str) -> str:
    return found.decide()[name].verdict.value


def test_an_invariant_is_named_after_its_function() -> None:
    end = "@invariant\ndef never_three(k: Demo) -> bool:\n    return k.n != 3"
    assert one("k.n = 3", "n = bounded(0, 3)", end=end).violated == {"never-three"}
    assert one("k.n = 2", "n = bounded(0, 3)", end=end).violated == set()


@pytest.mark.parametrize(
    ("parameter", "condition", "violated"),
    [
        ("page: Page", "page.n < 5", False),
        ("page: Page", "page.n < 4", True),
        ("p: Pid", "k.owner != p or k.n > 0", True),
        ("p: Pid", "k.owner != p or k.n >= 0", False),
        ("c: Colour", "c != Colour.RED or k.n < 9", False),
        ("c: Colour", "c != Colour.RED or k.n < 0", True),
        ("a: Page, b: Page", "a == b or a.n + b.n < 7", False),
        ("a: Page, b: Page", "a == b or a.n + b.n < 6", True),
    ],
)
def test_parameters_of_an_invariant_are_quantified_over(parameter: str, condition: str, violated: bool) -> None:
    body = "a = k.pages.alloc()\nb = k.pages.alloc()\na.n = 4\nb.n = 2\nk.owner = me()"
    top = PAGE + "\n\n\nclass Colour(Enum):\n    RED = auto()\n    BLUE = auto()"
    end = f"@invariant\ndef claim(k: Demo, {parameter}) -> bool:\n    return {condition}"
    found = one(body, "pages = pool(Page, 3)\nowner = pid()\nn = bounded(0, 9)", top=top, end=end)
    assert ("claim" in found.violated) == violated


def test_the_failing_objects_are_named() -> None:
    body = "a = k.pages.alloc()\nb = k.pages.alloc()\nb.n = 2"
    end = "@invariant\ndef zero(k: Demo, page: Page) -> bool:\n    return page.n == 0"
    result = one(body, "pages = pool(Page, 3)", top=PAGE, end=end).decide()["zero"]
    assert result.message == "zero does not hold for page = pages[1] (pages[1].n is 2)"


def test_of_what_fails_the_values_are_told_and_of_nothing_else() -> None:
    body = "a = k.pages.alloc()\nb = k.pages.alloc()\na.n = 3\nb.n = 2\nk.top = 1"
    claim = "all(p.n <= k.top or q.n == 0 for p in k.pages for q in k.pages) and k.other == 0"
    end = f"@invariant\ndef small(k: Demo) -> bool:\n    return {claim}"
    world = "pages = pool(Page, 3)\ntop = bounded(0, 9, init=3)\nother = bounded(0, 9)"
    result = one(body, world, top=PAGE, end=end).decide()["small"]
    what = "pages[0].n is 3, top is 1"
    assert result.message == f"small does not hold for p = pages[0], q = pages[0] ({what})"


def test_quantifiers_skip_free_records_and_filter() -> None:
    end = "@invariant\ndef claim(k: Demo) -> bool:\n    return {}"
    body = "a = k.pages.alloc()\nb = k.pages.alloc()\na.n = 4\nb.n = 5\nk.pages.free(b)"
    for condition, holds in (
        ("sum(p.n for p in k.pages) <= 9", True),
        ("sum(p.n for p in k.pages) <= 8", False),
        ("sum(p.n == 4 for p in k.pages) <= 1", True),
        ("all(p.n < 5 for p in k.pages if p.n != 5)", True),
        ("not any(p.n == 5 for p in k.pages)", False),
        ("all(a == b or a.n != b.n or a.n == 0 for a in k.pages for b in k.pages)", True),
    ):
        found = one(body, "pages = pool(Page, 3)", top=PAGE, end=end.format(condition))
        assert (found.violated == set()) == holds, condition


def test_a_pure_function_inside_a_quantifier_keeps_its_own_variable() -> None:
    more = "@pure\ndef larger(k: Demo, x: int) -> int:\n    return sum(k.a[y] > x for y in range(3))"
    end = "@invariant\ndef claim(k: Demo) -> bool:\n    return sum(larger(k, k.a[y]) for y in range(3)) <= 2"
    found = one("k.a[0] = 1\nk.a[2] = 2", "a = array(3, bounded(0, 3))", more=more, end=end)
    assert found.violated == {"claim"}  # at the end 1, 0, 2: two, one and none are larger; in between 1, 0, 0
    assert one("k.a[0] = 1", "a = array(3, bounded(0, 3))", more=more, end=end).violated == set()


def test_an_invariant_that_follows_a_dangling_reference_is_violated() -> None:
    end = "@invariant\ndef claim(k: Demo) -> bool:\n    return k.mapped == null or k.mapped.n == 0"
    world = "pages = pool(Page)\nmapped = ref(Page)"
    assert one("k.mapped = k.pages.alloc()", world, top=PAGE, end=end).violated == set()
    assert one("k.mapped = k.pages.alloc()\nk.pages.free(k.mapped)", world, top=PAGE, end=end).violated == {"claim"}


def test_balance_is_demanded_when_everybody_is_through() -> None:
    end = "@balance\ndef all_put(k: Demo) -> bool:\n    return k.n == 0"
    assert one("k.n = 1\nk.n = 0", "n = bounded(0, 3)", end=end).violated == set()
    assert one("k.n = 0\nk.n = 1", "n = bounded(0, 3)", end=end).violated == {"all-put"}


def test_leads_to() -> None:
    end = "@leads_to\ndef served(k: Demo) -> tuple[bool, bool]:\n    return k.asked, k.done"
    world = "asked = flag()\ndone = flag()"
    assert verdict(one("k.asked = True\nk.done = True", world, end=end), "served") == "HOLDS"
    assert verdict(one("k.asked = True\nrest()\nk.done = True", world, end=end), "served") == "VIOLATED"


def test_always_eventually() -> None:
    end = "@always_eventually\ndef again(k: Demo) -> bool:\n    return k.on"
    assert verdict(one("while True:\n    k.on = True\n    k.on = False", "on = flag()", end=end), "again") == "HOLDS"
    body = "k.on = True\nk.on = False\nwhile True:\n    k.on = False"
    assert verdict(one(body, "on = flag()", end=end), "again") == "VIOLATED"


@pytest.mark.parametrize(
    ("body", "violated"),
    [
        ('cover("use")\ncover("free")\nk.on = True', False),
        ('cover("free")\nk.on = True\ncover("use")', True),
        ('cover("free")\nk.on = True\ncover("renew")\nk.on = False\ncover("use")', False),
        ('cover("free")\ncover("renew")\nk.on = True\ncover("free")\nk.on = False\ncover("use")', True),
    ],
)
def test_never(body: str, violated: bool) -> None:
    extra = 'if k.on and not k.on:\n    cover("renew")\n    cover("use")\n    cover("free")\nk.on = False\n'
    end = 'late_use = never(after="free", then="use", until="renew")'
    assert ("late-use" in one(extra + body, "on = flag()", end=end).violated) == violated


def test_never_watches_all_actors_together() -> None:
    text = sample('k.on = True\ncover("free")', "on = flag()", actor="1", end='late = never(after="free", then="use")',
                  more='@process\ndef user(k: Demo) -> None:\n    k.on = False\n    cover("use")')  # fmt: skip
    assert explored(text).violated == {"late"}


def test_an_assertion_is_evaluated_wherever_the_actor_could_go_on() -> None:
    body = 'k.n = 1\nassert k.n == 1, "mine alone"\nk.n = 0'
    assert one(body, "n = bounded(0, 3)").violated == set()
    assert two(body, "n = bounded(0, 3)").violated == {"mine-alone"}


def test_a_cover_that_is_never_reached() -> None:
    body = 'if k.n == 1:\n    cover("never")\ncover("always")\nk.n = 0'
    found = one(body, "n = bounded(0, 3)").decide()
    assert found["cover:always"].verdict.value == "HOLDS"
    assert found["cover:never"].verdict.value == "VACUOUS"


def test_sharing_properties_between_worlds_that_extend_one() -> None:
    text = sample("k.n = 3", "n = bounded(0, 3)", actor="0",
                  end="""
                  @invariant
                  def small(k: Demo) -> bool:
                      return k.n < 3


                  class Larger(Demo):
                      m = flag()


                  @process
                  def other(k: Larger) -> None:
                      k.n = 3
                      k.m = True
                  """)  # fmt: skip
    assert explored(text, world="Larger").violated == {"small"}
