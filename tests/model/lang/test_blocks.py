# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""With statements: sections and locks on every way out, atomic blocks, goals, urgency; rest, idleness, CPU slots."""

from __future__ import annotations

import pytest

from .small import one, two

LOG = "n = bounded(0, 99)\nlock = Mutex()\nother = Mutex()"
SECTION = """
@section
def held(k: Demo, mark: int) -> Iterator[None]:
    k.n = k.n * 10 + mark
    yield
    k.n = k.n * 10 + mark + 1
"""


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("with held(k, 1):\n    pass", "12"),
        ("with held(k, 1):\n    return\nk.n = 99", "12"),
        ("for i in range(3):\n    with held(k, 1):\n        break", "12"),
        ("for i in range(2):\n    with held(k, 1):\n        k.n = 0\n        continue", "2"),
        ("while k.n == 0:\n    with held(k, 1):\n        continue", "12"),
        ("with held(k, 1), held(k, 3):\n    k.n = 0", "42"),
        ("with held(k, 1):\n    with held(k, 3):\n        k.n = 0\n        return", "42"),
        ("with held(k, 1):\n    inner(k)\n    k.n = k.n + 1", "72"),
        ("inner(k)", "6"),
    ],
)
def test_what_follows_a_section_is_done_on_every_way_out(body: str, outcome: str) -> None:
    inner = "def inner(k: Demo) -> None:\n    with held(k, 5):\n        k.n = 0\n        return\n    k.n = 99"
    assert one(body, LOG, more=SECTION + "\n\n" + inner).values("n") == {outcome}


@pytest.mark.parametrize(
    "body",
    [
        "with k.lock:\n    k.n = 1",
        "with k.lock:\n    return",
        "while True:\n    with k.lock:\n        k.n = 1\n        break",
        "while k.n == 0:\n    with k.lock:\n        k.n = 1\n        continue",
        "with k.lock, k.other:\n    if k.n == 0:\n        return\n    k.n = 1",
        "with k.lock:\n    with k.other:\n        pass\n    k.n = 1",
        "lock = k.lock\nwith lock:\n    k.n = 1",
    ],
)
def test_a_lock_is_released_on_every_way_out(body: str) -> None:
    found = two(body, LOG)
    assert found.violated == set()
    assert not found.deadlock
    assert found.values("lock.owner") == {"null"}
    assert found.values("other.owner") == {"null"}


def test_a_lock_excludes() -> None:
    body = "with k.lock:\n    seen = k.n\n    k.n = seen + 1"
    assert two(body, LOG).values("n") == {"2"}
    assert two("seen = k.n\nk.n = seen + 1", LOG).values("n") == {"1", "2"}


def test_two_locks_in_two_orders_deadlock() -> None:
    body = """
    if choose(True, False):
        with k.lock, k.other:
            pass
    else:
        with k.other, k.lock:
            pass
    """
    assert two(body, LOG).deadlock
    assert not two("with k.lock, k.other:\n    pass", LOG).deadlock


def test_lock_mistakes_are_found_without_a_property() -> None:
    assert one("k.lock.lock()", LOG).violated == {"no-lock-held-at-end"}
    assert one("k.lock.unlock()", LOG).violated == {"no-unlock-by-non-owner"}
    assert one("k.lock.lock()\nk.lock.lock()\nk.lock.unlock()", LOG).violated == {"no-self-deadlock"}
    assert one("k.lock.lock()\nrest()\nk.lock.unlock()", LOG).violated == {"no-rest-with-lock"}


# ---- atomic


def test_an_atomic_block_is_one_step() -> None:
    world = "a = bounded(0, 3)\nb = bounded(0, 3)"
    assert two("seen = k.a\nk.a = seen + 1", world).values("a") == {"1", "2"}
    assert two("with atomic():\n    seen = k.a\n    k.a = seen + 1", world).values("a") == {"2"}
    assert one("with atomic():\n    k.a = k.a + 1\n    k.b = k.a\n    k.a = 3", world).steps == 1


def test_an_atomic_block_exists_where_a_path_through_it_does() -> None:
    body = "with atomic():\n    k.a = 1\n    wait(k.b == 1)\nk.a = 2"
    found = one(body, "a = bounded(0, 3)\nb = bounded(0, 3)")
    assert found.deadlock
    assert found.values("a") == {"0"}  # nothing of the block has happened
    body = "with atomic():\n    if choose(True, False):\n        wait(k.b == 1)\n    k.a = 1"
    assert one(body, "a = bounded(0, 3)\nb = bounded(0, 3)").values("a") == {"1"}


def test_a_violation_inside_an_atomic_block() -> None:
    found = one("with atomic():\n    k.a = 3\n    k.a = k.a + 1", "a = bounded(0, 3)")
    assert found.violated == {"bounds"}
    found = one('with atomic():\n    k.a = 3\n    assert k.a == 2, "a is two"\n    k.a = 0', "a = bounded(0, 3)")
    assert found.violated == {"a-is-two"}


# ---- progress and timing


def test_a_goal_is_pending_inside_its_block() -> None:
    body = 'k.a = True\nwith pending("done"):\n    wait(k.a)\n    k.a = False\nk.a = True'
    (process,) = one(body, "a = flag()").program.processes
    assert [loc.pending for loc in process.locations] == [(), ("done",), ("done",), (), ()]
    assert [edge.completes for edge in process.edges] == [(), (), ("done",), ()]


def test_leaving_by_return_and_break_completes_too() -> None:
    body = """
    while True:
        with pending("done"):
            if k.a:
                return
            if k.b:
                break
    """
    (process,) = one(body, "a = flag()\nb = flag()").program.processes
    assert sorted(e.completes for e in process.edges) == [(), ("done",), ("done",), ("done",)]


def test_urgent_steps_come_first_and_once_between_ordinary_steps() -> None:
    body = "with urgent({}):\n    k.a = 1\n    k.b = 1\nk.a = 2"
    world = "a = bounded(0, 3)\nb = bounded(0, 3)\nc = bounded(0, 3)"
    more = "@process\ndef bystander(k: Demo) -> None:\n    k.c = k.a * k.b"
    assert one(body.format("False"), world, more=more).values("c") == {"0", "1", "2"}
    # the bystander moves after the block: before it, the urgent steps have priority
    assert one(body.format("True"), world, more=more).values("c") == {"1", "2"}


def test_a_second_pass_of_an_urgent_block_is_ordinary() -> None:
    """A spinner in an urgent block does not keep the one it waits for from moving for ever."""
    body = """
    with pending("gets-through"):
        while True:
            with urgent():
                if k.a == 1:
                    break
    """
    more = "@process\ndef other(k: Demo) -> None:\n    k.a = 1"
    assert one(body, "a = bounded(0, 1)", more=more).decide()["gets-through"].verdict.value == "HOLDS"


def test_rest_is_a_place_to_stop_for_ever() -> None:
    waiter = '@process\ndef waiter(k: Demo) -> None:\n    with pending("served"):\n        wait(k.a)'
    served = one("k.a = True", "a = flag()", more=waiter).decide()["served"]
    resting = one("rest()\nk.a = True", "a = flag()", more=waiter).decide()["served"]
    assert (served.verdict.value, resting.verdict.value) == ("HOLDS", "VIOLATED")


def test_an_idle_wait_is_no_deadlock() -> None:
    loop = "while True:\n    wait(k.a{})\n    k.a = False"
    assert one(loop.format(", idle=True"), "a = flag()").deadlock is False
    assert one(loop.format(""), "a = flag()").deadlock is True


def test_the_handover_of_a_lock_decides_whether_everybody_gets_it() -> None:
    body = 'while True:\n    with pending("gets-the-lock"):\n        k.lock.lock()\n    k.lock.unlock()'
    verdicts = [
        two(body, f'lock = Mutex(handover="{handover}")').decide()["gets-the-lock"].verdict.value
        for handover in ("strong", "weak")
    ]
    assert verdicts == ["HOLDS", "VIOLATED"]


SLOT = "cpu = CpuSlot()\na = bounded(0, 3)\nb = flag()"
OTHER = "@process(1, on=Demo.cpu)\ndef other(k: Demo) -> None:\n    k.b = True"


def test_a_cpu_without_preemption_is_kept_until_the_end() -> None:
    body = "seen = k.b\nk.a = 1 if seen == k.b else 2"
    spoilt = one(body, SLOT, more=OTHER, actor="1, on=Demo.cpu, preemptible=True")
    kept = one(body, SLOT, more=OTHER, actor="1, on=Demo.cpu, preemptible=False")
    assert spoilt.values("a") == {"1", "2"}
    assert kept.values("a") == {"1"}


def test_a_cpu_is_given_up_by_sleeping_and_rescheduling_but_not_by_spinning() -> None:
    def outcome(statement: str) -> bool:
        return one(statement, SLOT, more=OTHER, actor="1, on=Demo.cpu, preemptible=False").deadlock

    assert outcome("k.a = 1\nwait(k.b)") is False
    assert outcome("k.a = 1\nwait(k.b, spin=True)") is True
    goal = 'with pending("seen"):\n    while not k.b:\n        {}'
    spins = one(goal.format("pass"), SLOT, more=OTHER, actor="1, on=Demo.cpu, preemptible=False")
    yields = one(goal.format("resched()"), SLOT, more=OTHER, actor="1, on=Demo.cpu, preemptible=False")
    assert spins.decide()["seen"].verdict.value == "VIOLATED"
    assert "True" in yields.values("b")
