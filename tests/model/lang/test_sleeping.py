# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Sleeping while a spinlock is held: told on every path in the text, and nowhere else."""

from __future__ import annotations

import pytest

from .small import compiled, sample

WORLD = "spin = SpinLock()\nother = SpinLock()\nlock = Mutex()\nsem = RwSem()\ndone = Completion()\nn = bounded(0, 2)"
IMPORTS = "from svmcheck.model.primitives import Completion, RwSem"
LOOP = """
while True:
    k.spin.lock()
    if k.n == 1:
        k.spin.unlock()
        break
    k.spin.unlock()
    k.done.wait()
"""
OWN = """
class Raw(Lock):
    owner = pid()

    def lock(self) -> None:
        with atomic():
            wait(self.owner == null, spin=True)
            self.owner = me()
            acquired(self)

    def unlock(self) -> None:
        with atomic():
            self.owner = null
            released(self)
"""


def told(body: str, **parts: str) -> list[str]:
    warnings = compiled(sample(body, WORLD, top=IMPORTS, **parts)).warnings
    return [d.headline for d in warnings if d.code == "SVM511"]


@pytest.mark.parametrize(
    ("body", "held"),
    [
        ("with k.spin:\n    k.lock.lock()\nk.lock.unlock()", "spin"),
        ("with k.spin:\n    k.sem.down_read()\nk.sem.up_read()", "spin"),
        ("with k.spin, k.other:\n    k.done.wait()", "other and spin"),
        ("k.spin.lock()\nwait(k.n == 1)\nk.spin.unlock()", "spin"),
        ("if k.spin.trylock():\n    k.done.wait()\n    k.spin.unlock()", "spin"),
        ("got = k.spin.trylock()\nk.done.wait()\nif got:\n    k.spin.unlock()\nk.spin.lock()\nk.spin.unlock()", "spin"),
        ("with k.spin:\n    if k.n == 0:\n        k.done.wait()", "spin"),
    ],
)
def test_a_wait_with_a_spinlock_held(body: str, held: str) -> None:
    taken = "@process\ndef second(k: Demo) -> None:\n    with k.spin:\n        pass"
    (headline, *others) = told(body, more=taken)
    assert headline.endswith(f"may sleep here while it holds {held}")
    assert not others


@pytest.mark.parametrize(
    "body",
    [
        "with k.lock:\n    with k.spin:\n        k.n = 1",
        "k.spin.lock()\nk.spin.unlock()\nk.lock.lock()\nk.lock.unlock()",
        "with k.spin:\n    got = k.lock.trylock()\nif got:\n    k.lock.unlock()",
        "with k.spin:\n    wait(k.n == 1, spin=True)",
        "with k.spin, k.other:\n    k.n = 1",
        "got = k.spin.trylock()\nif got:\n    k.spin.unlock()\nk.done.wait()",
        LOOP,
        "with k.lock:\n    k.done.wait()",
    ],
)
def test_a_wait_without(body: str) -> None:
    assert told(body) == []


def test_a_spinlock_is_what_is_spun_for() -> None:
    """A lock of the author's own, by no class of the library."""
    body = "k.raw.lock()\nk.done.wait()\nk.raw.unlock()"
    text = sample(body, "raw = Raw()\ndone = Completion()", top=f"{IMPORTS}\n{OWN}")
    assert [d.headline for d in compiled(text).warnings if d.code == "SVM511"] == [
        "worker may sleep here while it holds raw"
    ]
