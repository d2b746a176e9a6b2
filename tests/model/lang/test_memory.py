# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Pools and references: what freeing does to every name of a record."""

from __future__ import annotations

import pytest

from svmcheck.model.lang.diagnostics import ProtocolError

from .small import one

PAGE = """
class Page(Record):
    dirty = flag()
    n = bounded(0, 9, init=4)
    next = ref("Page")
    lock = Mutex()
"""
WORLD = "pages = pool(Page, 2)\nmapped = ref(Page)\nok = flag()\ncount = bounded(0, 9)"


def run(body: str, more: str = "", world: str = WORLD) -> set[str]:
    """The properties that one actor with this body violates."""
    found = one(body, world, top=PAGE, more=more)
    assert found.violated or found.ends
    return found.violated


def test_a_new_record_is_the_lowest_free_one_with_initial_values() -> None:
    body = """
    a = k.pages.alloc()
    b = k.pages.alloc()
    a.n = 9
    k.pages.free(a)
    c = k.pages.alloc()
    k.mapped = c
    k.count = c.n
    k.ok = c != b
    """
    (end,) = one(body, WORLD, top=PAGE).ends
    assert (end["mapped"], end["count"], end["ok"]) == ("pages[0]", "4", "True")


def test_an_exhausted_pool() -> None:
    three = "k.pages.alloc()\nk.pages.alloc()\n"
    assert run(three + "k.pages.alloc()") == {"bounds"}
    found = one(three + "page = k.pages.try_alloc()\nk.ok = page == null", WORLD, top=PAGE)
    assert found.violated == set()
    assert found.values("ok") == {"True"}


def test_reuse_of_any_slot_is_explored() -> None:
    body = "a = k.pages.alloc()\nk.mapped = a"
    assert one(body, WORLD, top=PAGE).values("mapped") == {"pages[0]"}
    anywhere = WORLD.replace("pool(Page, 2)", 'pool(Page, 2, reuse="any")')
    assert one(body, anywhere, top=PAGE).values("mapped") == {"pages[0]", "pages[1]"}


FREED = "page = k.pages.alloc()\nk.mapped = page\nk.pages.free(page)\n"


@pytest.mark.parametrize(
    "use",
    [
        "k.ok = page.dirty",  # by a local
        "k.ok = k.mapped.dirty",  # by a field
        "page.dirty = True",
        "touch(page)",
        "touch(k.mapped)",
        "if page.dirty:\n    pass",
        "wait(page.n == 4)",
        "page.lock.lock()\npage.lock.unlock()",
        "k.ok = k.mapped.next == null",
        'assert page.n == 4, "n"',
        "with page.lock:\n    pass",
        "k.ok = k.pages[0].dirty",
    ],
)
def test_following_a_dangling_reference(use: str) -> None:
    assert run(FREED + use) == {"no-use-after-free"}


def test_an_argument_dangles_as_well() -> None:
    more = "def drop(k: Demo, page: Page) -> None:\n    k.pages.free(k.mapped)\n    page.dirty = True"
    assert run("page = k.pages.alloc()\nk.mapped = page\ndrop(k, page)", more) == {"no-use-after-free"}


def test_a_record_in_the_record_dangles_as_well() -> None:
    body = "a = k.pages.alloc()\nb = k.pages.alloc()\na.next = b\nk.pages.free(b)\nk.ok = a.next.dirty"
    assert run(body) == {"no-use-after-free"}


@pytest.mark.parametrize(
    "use", ["k.ok = k.mapped.dirty", "touch(k.mapped)", "k.mapped.n = 1", "k.pages.free(k.mapped)"]
)
def test_following_null(use: str) -> None:
    assert run(use) == {"no-null-dereference"}


def test_freeing_twice() -> None:
    assert run(FREED + "k.pages.free(page)") == {"no-double-free"}
    assert run(FREED + "k.pages.free(k.mapped)") == {"no-double-free"}


def test_freeing_what_is_busy() -> None:
    assert run("page = k.pages.alloc()\npage.lock.lock()\nk.pages.free(page)") == {"no-free-of-busy-object"}


QUIET = "    @pure\n    def quiescent(self) -> bool:\n        return not self.dirty\n"


def test_a_record_says_itself_when_it_is_busy() -> None:
    top = PAGE + "\n" + QUIET
    busy = "page = k.pages.alloc()\npage.dirty = True\nk.pages.free(page)"
    assert one(busy, WORLD, top=top).violated == {"no-free-of-busy-object"}
    assert one(busy, WORLD, top=PAGE).violated == set()
    quiet = "page = k.pages.alloc()\npage.dirty = True\npage.dirty = False\nk.pages.free(page)"
    assert one(quiet, WORLD, top=top).violated == set()
    assert one("page = k.pages.alloc()\npage.lock.lock()\nk.pages.free(page)", WORLD, top=top).violated == {
        "no-free-of-busy-object"
    }


@pytest.mark.parametrize(
    "method",
    [
        "def quiescent(self) -> bool:\n        return not self.dirty",
        "@pure\n    def quiescent(self, why: bool) -> bool:\n        return not self.dirty",
        "@pure\n    def quiescent(self) -> bool:\n        if True:\n            return True\n        return False",
    ],
)
def test_a_record_that_says_so_in_no_condition(method: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        one("page = k.pages.alloc()\nk.pages.free(page)", WORLD, top=f"{PAGE}\n    {method}\n")
    assert [d.code for d in caught.value.diagnostics] == ["SVM239"]
    assert "asked by the compiler" in caught.value.diagnostics[0].headline


def test_what_may_be_done_with_a_dangling_reference() -> None:
    body = FREED + "k.ok = not alive(page) and page != null and page == k.mapped\nk.mapped = null\npage = null"
    found = one(body, WORLD, top=PAGE)
    assert found.violated == set()
    assert found.values("ok") == {"True"}


def test_a_new_record_in_the_same_slot_compares_equal() -> None:
    """ABA: the old reference still dangles, and equality does not see it."""
    aba = FREED + "new = k.pages.alloc()\nk.ok = page == new\n"
    found = one(aba, WORLD, top=PAGE)
    assert found.values("ok") == {"True"}
    assert run(aba + "touch(new)") == set()
    assert run(aba + "touch(page)") == {"no-use-after-free"}


def test_short_circuits_guard_a_dereference() -> None:
    assert run("k.ok = k.mapped != null and k.mapped.dirty") == set()
    assert run("k.ok = k.mapped == null or k.mapped.dirty") == set()
    assert run("k.ok = k.mapped.dirty and k.mapped != null") == {"no-null-dereference"}
    assert run(FREED + "k.ok = alive(page) and page.dirty") == set()
    assert run(FREED + "k.ok = page.dirty if alive(page) else False") == set()


def test_an_index_is_never_poisoned() -> None:
    world = WORLD + "\npfn = bounded(0, 1)"
    assert run("page = k.pages.alloc()\nk.pages[k.pfn].dirty = True", world=world) == set()
    assert run("page = k.pages.alloc()\nk.pages[k.pfn + 1].dirty = True", world=world) == {"no-use-after-free"}
    assert run("k.pages.free(k.pages[k.pfn])", world=world) >= {"no-use-after-free"}


def test_pools_of_one_class_share_their_references() -> None:
    body = "a = k.pages.alloc()\nb = k.more.alloc()\nk.mapped = b\nk.ok = a != b\nk.more.free(b)\nk.pages.free(a)"
    found = one(body, WORLD + "\nmore = pool(Page, 1)", top=PAGE)
    assert found.violated == set()
    assert found.values("ok") == {"True"}
