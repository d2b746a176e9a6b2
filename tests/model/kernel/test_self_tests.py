# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The kernel self-tests of HMM as scenarios: alone they assert what the real ones do; no adversary breaks anything."""

from __future__ import annotations

import pytest

from svmcheck.checker.schedule.runtime import Setup
from svmcheck.model.kernel.scenario import configure
from svmcheck.model.kernel.scenarios import load
from tests.model.kernel.small import explore, failures, sample

TESTS = {name: found for name, found in load().items() if name.startswith("hmm-")}
ADVERSARIES = ("munmap", "mprotect", "migrate", "evict", "cpu-write")
REAL = """open-close anon-read anon-read-prot anon-read-multiple anon-write anon-write-prot anon-write-child
anon-write-child-shared migrate migrate-fault migrate-release migrate-multiple migrate-shared migrate-mixed
anon-teardown snapshot double-map exclusive exclusive-mprotect exclusive-cow"""  # hmm-tests.c

SMALL = [
    ("hmm-anon-write", "munmap"),
    ("hmm-anon-write", "mprotect"),
    ("hmm-migrate", "munmap"),
    ("hmm-migrate", "mprotect"),
    ("hmm-exclusive", "munmap"),
]  # no schedule of these goes round for ever, and there are few


def setup(name: str, smallest: bool = False, **options: str) -> Setup:
    found = TESTS[name]
    sizes = {size: of.least if smallest else of.default for size, of in found.sizes.items()}
    config = configure(found, options)
    return lambda: found.build(config, sizes)


def test_each_self_test_is_there() -> None:
    assert {f"hmm-{name}" for name in REAL.split()} <= set(TESTS)


@pytest.mark.parametrize("name", sorted(TESTS))
def test_alone_it_passes_in_every_generation(name: str) -> None:
    for generation in ("g0", "g1", "g2", "g3"):
        runs = sample(setup(name, generation=generation), 3)
        assert failures(runs) == {}
        assert {run.end for run in runs} == {"done"}


@pytest.mark.parametrize("adversary", ADVERSARIES)
@pytest.mark.parametrize("name", sorted(TESTS))
def test_an_adversary_changes_results_and_breaks_nothing(name: str, adversary: str) -> None:
    for generation in ("g1", "g2", "g3"):
        runs = sample(setup(name, generation=generation, adversary=adversary), 12)
        assert failures(runs) == {}
        assert {run.end for run in runs} == {"done"}


@pytest.mark.parametrize(("name", "adversary"), SMALL)
def test_one_page_and_an_adversary_at_every_point(name: str, adversary: str) -> None:
    explored, failure = explore(setup(name, smallest=True, adversary=adversary))
    assert failure is None
    assert explored.complete
    assert explored.traces > 10


# ---- the tests can fail


def test_a_fork_that_leaves_the_parent_writable_is_found() -> None:
    """In the child its own data is overwritten, or the parent's test finds other data."""
    found = failures(sample(setup("hmm-exclusive-cow", write_protect="child-only"), 20))
    assert set(found) & {"self-test", "data-coherence"}


def test_a_mirror_that_ignores_its_own_migrations_is_found_by_the_adversary() -> None:
    found = failures(sample(setup("hmm-anon-write-prot", own_migrations="ignored", adversary="migrate"), 200))
    assert found
