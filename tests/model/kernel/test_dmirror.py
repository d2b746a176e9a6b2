# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The test driver of HMM: what its files do alone, and which of its rules hold only as long as they are kept."""

from __future__ import annotations

from errno import EBUSY, EFAULT, ENOENT, EPERM

import pytest

from svmcheck.checker.schedule.runtime import Setup
from svmcheck.model.kernel import sched
from svmcheck.model.kernel.dmirror.commands import check_exclusive, exclusive, migrate_to_device, migrate_to_system
from svmcheck.model.kernel.dmirror.device import DmirrorDevice
from svmcheck.model.kernel.dmirror.mirror import Dmirror
from svmcheck.model.kernel.dmirror.snapshot import Prot, snapshot
from svmcheck.model.kernel.kernel import Kernel
from svmcheck.model.kernel.mm.access import cpu_read, cpu_write
from svmcheck.model.kernel.mm.exit import mmput
from svmcheck.model.kernel.mm.fork import fork
from svmcheck.model.kernel.mm.mmap import madvise_dontneed, mmap, munmap
from svmcheck.model.kernel.mm.pte import DEVICE_PRIVATE, PRESENT
from svmcheck.model.kernel.options import Config
from svmcheck.model.kernel.scenario import World
from svmcheck.model.kernel.sched import Oops
from tests.model.kernel.small import explore, failures, kernel_with, sample


def opened(pages: int = 2, **options: object) -> tuple[Kernel, Dmirror]:
    kernel, mm = kernel_with(pages, **options)
    return kernel, Dmirror(DmirrorDevice(kernel, "dmirror0", 4), mm)


def page(value: int) -> bytes:
    return bytes([value, 0, 0, 0])


def test_the_device_reads_and_writes_by_its_own_page_table() -> None:
    kernel, mirror = opened()
    result = mirror.device_read(0, 2)
    assert (result.ret, result.cpages, result.faults, result.data) == (0, 2, 1, [page(1), page(2)])
    assert mirror.device_read(0, 2).faults == 0
    result = mirror.device_write(1, [page(9)])
    assert (result.ret, result.faults) == (0, 0)
    assert cpu_read(mirror.mm, 1) == b"\x09"
    munmap(mirror.mm, 0, 1)
    assert list(mirror.pt) == [1]
    assert mirror.device_read(0, 2).ret == -EFAULT
    kernel.check()


def test_device_writes_go_to_device_memory_and_the_cpu_gets_them_back() -> None:
    kernel, mirror = opened()
    assert migrate_to_device(mirror, 0, 2).data == [page(1), page(2)]
    assert mirror.device_write(0, [page(7)]).faults == 0
    assert cpu_read(mirror.mm, 0) == b"\x07"
    assert mirror.mm.pte(1).kind == DEVICE_PRIVATE
    result = migrate_to_system(mirror, 0, 2)
    assert (result.ret, result.cpages) == (0, 1)
    assert mirror.mm.pte(1).kind == PRESENT
    kernel.check()
    mirror.release()
    mmput(mirror.mm)
    kernel.finish()


def test_memory_of_the_device_runs_out() -> None:
    _, mirror = opened(6)
    result = migrate_to_device(mirror, 0, 6)
    assert (result.ret, result.cpages) == (-ENOENT, 4)
    assert [cpu_read(mirror.mm, i) for i in range(6)] == [bytes([i + 1]) for i in range(6)]


def test_what_the_device_has_alone_it_loses_at_the_first_touch() -> None:
    kernel, mirror = opened()
    assert exclusive(mirror, 0, 2).cpages == 2
    assert check_exclusive(mirror, 0, 2).ret == -EPERM
    assert cpu_write(mirror.mm, 0, 0, b"x") is None
    assert check_exclusive(mirror, 0, 1).ret == 0
    assert mirror.device_write(1, [page(3)]).faults == 1, "atomic entries are no writable ones"
    assert check_exclusive(mirror, 0, 2).ret == 0
    kernel.check()


def test_snapshot_from_two_devices() -> None:
    kernel, mirror = opened()
    other = Dmirror(DmirrorDevice(kernel, "dmirror1", 4), mirror.mm)
    migrate_to_device(mirror, 0, 1)
    assert snapshot(mirror, 0, 3) == (0, [Prot.DEV_PRIVATE_LOCAL | Prot.WRITE, Prot.WRITE, Prot.ERROR])
    assert snapshot(other, 0, 2) == (0, [Prot.NONE, Prot.WRITE])


def test_a_page_shared_after_fork_cannot_be_written_on_the_device() -> None:
    """hmm_range_fault() gives the device its own page read-only, and the driver gives up."""
    _, mirror = opened()
    migrate_to_device(mirror, 0, 1)
    assert fork(mirror.mm, "child") is not None
    assert mirror.device_write(0, [page(5)]).ret == -EFAULT


# ---- rules


def racing(*names: str, **options: object) -> Setup:
    """One page, and tasks by name that touch it at the same time."""

    def setup() -> World:
        kernel = Kernel(Config(**options))  # pyright: ignore[reportArgumentType]
        mm = kernel.new_mm("mm")
        mmap(mm, 0, 1)
        cpu_write(mm, 0, 0, b"\1")
        mirror = Dmirror(DmirrorDevice(kernel, "dmirror0", 2), mm)
        second = Dmirror(mirror.mdevice, mm) if "second" in names else mirror
        acts = {
            "read": lambda: mirror.device_read(0, 1),
            "write": lambda: mirror.device_write(0, [page(9)]),
            "second": lambda: second.device_read(0, 1),
            "migrate": lambda: migrate_to_device(mirror, 0, 1),
            "cpu": lambda: cpu_read(mm, 0),
            "cpu-too": lambda: cpu_read(mm, 0),
            "munmap": lambda: munmap(mm, 0, 1),
            "madvise": lambda: madvise_dontneed(mm, 0, 1),
            "exclusive": lambda: exclusive(mirror, 0, 1),
            "release": mirror.release,
        }
        if "on-device" in names:
            migrate_to_device(mirror, 0, 1)
        if "on-device-alone" in names:
            exclusive(mirror, 0, 1)
        for name in names:
            if name in acts:
                sched.spawn(name, acts[name])
        return kernel.world()

    return setup


@pytest.mark.parametrize("other", ["munmap", "cpu", "write"])
def test_device_reads_are_right_in_every_schedule(other: str) -> None:
    explored, failure = explore(racing("read", other, "on-device"))
    assert failure is None
    assert explored.complete


def test_reading_while_the_page_migrates_is_right() -> None:
    assert failures(sample(racing("read", "migrate"), 200)) == {}
    assert failures(sample(racing("write", "migrate"), 200)) == {}


def test_a_callback_that_ignores_migrations_by_its_own_device_leaves_stale_entries() -> None:
    """lib/test_hmm.c since Linux 5.9: a fault that began before the migration stores what was there before."""
    found = failures(sample(racing("write", "migrate", own_migrations="ignored"), 600))
    assert "gpu-mapping" in found or "data-coherence" in found or "use-after-free" in found


def test_a_zap_that_notifies_afterwards_lets_the_device_reach_a_free_page() -> None:
    _, failure = explore(racing("read", "munmap", order="zap-first"))
    assert failure is not None
    assert failure.check in ("gpu-mapping", "use-after-free")


def test_two_files_of_one_device_know_of_a_migration_by_the_notifier_only() -> None:
    """A CPU fault erases the page from the mirror that migrated it; any other file of the device keeps its entry."""
    setup = racing("second", "cpu", "on-device")
    assert "gpu-mapping" in failures(sample(setup, 50))
    assert failures(sample(racing("second", "cpu", "on-device", own_migrations="invalidated"), 50)) == {}


def test_a_file_that_is_closed_without_evicting_its_pages_leaves_them_pointing_at_it() -> None:
    _, mirror = opened(1, mirror_release="none")
    migrate_to_device(mirror, 0, 1)
    mirror.release()
    with pytest.raises(Oops) as caught:
        cpu_read(mirror.mm, 0)
    assert caught.value.check == "use-after-free"


def test_evicting_once_misses_a_page_that_a_fault_has_locked() -> None:
    """744dd97752ef is for the fault that comes after the close; one that is under way keeps its page."""
    _, failure = explore(racing("cpu", "release", "on-device"))
    assert failure is not None
    assert failure.check == "use-after-free"


def test_a_fault_on_a_page_of_the_device_locks_it_with_a_reference() -> None:
    """Before 7c7b962938dd: another fault restores the entry, the page migrates, and what is locked is a free page."""
    tasks = "cpu", "cpu-too", "migrate", "on-device-alone"
    found = failures(sample(racing(*tasks, reference="none"), 300))
    assert "use-after-free" in found
    assert failures(sample(racing(*tasks), 300)) == {}


@pytest.mark.parametrize(
    ("act", "option", "careless"), [("migrate", "map_migrated", "always"), ("exclusive", "exclusive_map", "at-once")]
)
def test_the_page_lock_does_not_keep_madvise_away(act: str, option: str, careless: str) -> None:
    """What the device maps while it holds the page lock may have been unmapped just before: lib/test_hmm.c."""
    assert "gpu-mapping" in failures(sample(racing(act, "madvise", **{option: careless}), 300))
    assert failures(sample(racing(act, "madvise"), 300)) == {}


def test_without_patience_a_device_fault_gives_up() -> None:
    runs = sample(racing("read", "munmap"), 50)
    assert any(run.failure is None for run in runs)
    _, mirror = opened(0)
    mmap(mirror.mm, 0, 1)
    assert mirror.device_read(0, 1).ret == 0
    assert mirror.device_write(0, [page(1)]).ret in (0, -EBUSY)
