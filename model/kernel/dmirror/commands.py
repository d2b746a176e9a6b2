# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Commands of the device file that move pages: to the device, back to RAM, and exclusive access."""

from __future__ import annotations

from collections.abc import Callable
from errno import EINVAL, EPERM
from typing import TYPE_CHECKING

from ..mm.exclusive import get_user_page_vma_remote, make_device_exclusive
from ..mm.exit import mmput
from ..mm.migrate import MigrateVma, migrate_vma_finalize, migrate_vma_pages, migrate_vma_setup
from ..mm.mmu_notifier import Seq, mmu_interval_read_begin, mmu_interval_read_retry
from ..mm.page import PAGE_SIZE, put_page
from ..sched import READ, point
from .device import copy_page
from .mirror import Entry, Result, Tag

if TYPE_CHECKING:
    from ..mm.vma import Vma
    from .mirror import Dmirror


def _for_each_vma(dmirror: Dmirror, start: int, npages: int, act: Callable[[Vma, int, int], int]) -> int:
    """``act`` on the part of each VMA that lies in the range, mmap_lock held for read; -EINVAL at a hole or where
    nothing may be read."""
    mm = dmirror.mm
    if not mm.mmget_not_zero():
        return -EINVAL
    mm.mmap_lock.down_read()
    ret, addr, end = 0, start, start + npages
    while addr < end and not ret:
        vma = mm.find_vma(addr)
        if vma is None or not vma.readable:
            ret = -EINVAL
            break
        upto = min(end, vma.end)
        ret = act(vma, addr, upto)
        addr = upto
    mm.mmap_lock.up_read()
    mmput(mm)
    return ret


# ---- HMM_DMIRROR_MIGRATE_TO_DEV


def migrate_to_device(dmirror: Dmirror, start: int, npages: int) -> Result:
    """What can be moved moves; then the device reads all of it: -ENOENT where it has no page."""

    def part(vma: Vma, first: int, end: int) -> int:
        always = dmirror.mdevice.kernel.config.map_migrated == "always"
        before = None if always else dmirror.count_invalidations()
        args = MigrateVma(vma, first, end, dmirror.mdevice, select_system=True)
        ret = migrate_vma_setup(args)
        if not ret:
            _alloc_and_copy(args, dmirror)
            migrate_vma_pages(args)
            _finalize_and_map(args, dmirror, before)
            migrate_vma_finalize(args)
        return ret

    ret = _for_each_vma(dmirror, start, npages, part)
    return Result(ret) if ret else dmirror.read_back(start, npages)


def _alloc_and_copy(args: MigrateVma, dmirror: Dmirror) -> None:
    """dmirror_migrate_alloc_and_copy(): pages of any device are left alone."""
    for i, source in enumerate(args.src):
        if source is None or not source.migrate or (source.folio is not None and source.folio.is_device):
            continue
        folio = dmirror.mdevice.alloc_page(dmirror)
        if folio is None:
            continue
        if source.folio is not None:
            copy_page(folio, source.folio)
        else:
            folio.data[:] = bytes(PAGE_SIZE)
        args.dst[i] = folio


def _finalize_and_map(args: MigrateVma, dmirror: Dmirror, before: Seq | None) -> None:
    """dmirror_migrate_finalize_and_map(): the device maps the new pages before the CPU does.

    The page locks and the mmap_lock, held for read, keep everybody from unmapping them but madvise() and the OOM
    reaper. ``before``: the count of invalidations; if it has changed the device has to fault instead.
    """
    dmirror.mutex.lock()
    if before is not None and before != dmirror.invalidations:
        dmirror.mutex.unlock()
        return
    for i, source in enumerate(args.src):
        folio = args.dst[i]
        if source is not None and source.migrate and folio is not None:
            writable = source.write if source.folio is not None else args.vma.writable
            dmirror.store(args.start + i, Entry(folio, Tag.WRITE if writable else Tag.READ))
    dmirror.mutex.unlock()


# ---- HMM_DMIRROR_MIGRATE_TO_SYS


def migrate_to_system(dmirror: Dmirror, start: int, npages: int) -> Result:
    """``cpages``: how many moved."""
    result = Result()

    def part(vma: Vma, first: int, end: int) -> int:
        args = MigrateVma(vma, first, end, dmirror.mdevice, select_device_private=True)
        ret = migrate_vma_setup(args)
        if not ret:
            dmirror.mdevice.alloc_and_copy_to_ram(args, dmirror)
            migrate_vma_pages(args)
            result.cpages += sum(s is not None and s.migrate and s.folio is not None for s in args.src)
            migrate_vma_finalize(args)
        return ret

    result.ret = _for_each_vma(dmirror, start, npages, part)
    return result


# ---- HMM_DMIRROR_EXCLUSIVE, HMM_DMIRROR_CHECK_EXCLUSIVE


def exclusive(dmirror: Dmirror, start: int, npages: int) -> Result:
    """The device alone has the pages, for its atomics, until a CPU touches them; then it reads all of them."""
    mm = dmirror.mm
    if not mm.mmget_not_zero():
        return Result(-EINVAL)
    mm.mmap_lock.down_read()
    ret = 0
    for vpn in range(start, start + npages):
        ret = _atomic_map(dmirror, vpn)
        if ret:
            break
    mm.mmap_lock.up_read()
    mmput(mm)
    return Result(ret) if ret else dmirror.read_back(start, npages)


def _atomic_map(dmirror: Dmirror, vpn: int) -> int:
    """Lends one page to the device and maps it there, unless it was unmapped in between: the page lock does not keep
    madvise() away. "at-once" is lib/test_hmm.c, which does not look.

    An entry that is exclusive already, if only from an attempt before, is taken back before the sequence is read: what
    make_device_exclusive() would do about it is an invalidation, and no attempt after the first would ever be valid.
    """
    retried = dmirror.mdevice.kernel.config.exclusive_map == "retried"
    while True:
        seq: Seq | None = None
        if retried:
            folio = get_user_page_vma_remote(dmirror.mm, vpn)
            if isinstance(folio, int):
                return folio
            put_page(folio)
            seq = mmu_interval_read_begin(dmirror.notifier)
        folio = make_device_exclusive(dmirror.mm, vpn, dmirror.mdevice if retried else None)
        if isinstance(folio, int):
            return folio
        dmirror.mutex.lock()
        valid = seq is None or not mmu_interval_read_retry(dmirror.notifier, seq)
        if valid:
            dmirror.store(vpn, Entry(folio, Tag.ATOMIC))
        dmirror.mutex.unlock()
        folio.lock.unlock()
        put_page(folio)
        if valid:
            return 0


def check_exclusive(dmirror: Dmirror, start: int, npages: int) -> Result:
    """-EPERM if the device could still do atomics somewhere."""
    result = Result()
    dmirror.mutex.lock()
    for vpn in range(start, start + npages):
        point(dmirror.entry_op(vpn, READ))
        entry = dmirror.pt.get(vpn)
        if entry is not None and entry.tag is Tag.ATOMIC:
            result.ret = -EPERM
    dmirror.mutex.unlock()
    return result
