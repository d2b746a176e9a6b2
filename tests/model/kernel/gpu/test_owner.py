# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which devices share an owner: greedy, and dependent on the order in which they come."""

from __future__ import annotations

import pytest

from svmcheck.model.kernel import sched
from svmcheck.model.kernel.gpu.owner import OwnerList

LINKS = {frozenset("ab"), frozenset("bc")}


def groups(order: str) -> list[list[str]]:
    sched.install(None)
    owners = OwnerList(lambda one, other: frozenset((one, other)) in LINKS)
    for device in order:
        owners.acquire(device)
    return [owner.peers for owner in owners.owners]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("abc", [["a", "b"], ["c"]]), ("cba", [["c", "b"], ["a"]]), ("acb", [["a", "b"], ["c"]])],
)
def test_a_device_joins_the_first_group_it_is_connected_to_in_full(order: str, expected: list[list[str]]) -> None:
    assert groups(order) == expected


def test_the_last_member_takes_the_group_along() -> None:
    sched.install(None)
    owners = OwnerList(lambda _, __: True)
    a, b = owners.acquire("a"), owners.acquire("b")
    assert a is b
    owners.release(a, "a")
    assert owners.owners == [b]
    owners.release(b, "b")
    assert owners.owners == []
    assert a.freed
    assert owners.acquire("c") is not a
