# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The pages of a range: found by hmm_range_fault(), mapped for the device under the notifier lock, unmapped by it.

drm_gpusvm_get_pages(), drm_gpusvm_unmap_pages(), drm_gpusvm_range_evict() (drivers/gpu/drm/drm_gpusvm.c).
"""

from __future__ import annotations

from dataclasses import dataclass
from errno import EAGAIN, EBUSY, EFAULT, EOPNOTSUPP
from typing import TYPE_CHECKING

from ..mm import hmm
from ..mm.exit import mmput
from ..mm.mmu_notifier import Seq, mmu_interval_check_retry, mmu_interval_read_begin, mmu_interval_read_retry

if TYPE_CHECKING:
    from ..mm.page import Folio
    from .gpusvm import GpuSvm, Range

HMM_WALKS = 16  # stands for HMM_RANGE_DEFAULT_TIMEOUT: how many walks fit into its 1000 ms


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """One page of the array: what the device may reach, and whether it may write."""

    folio: Folio
    write: bool


def get_pages(gpusvm: GpuSvm, found: Range, write: bool, owner: object, devmem_only: bool) -> int:
    """drm_gpusvm_get_pages(). 0; -EFAULT: unmapped, or system pages where ``devmem_only``; -EOPNOTSUPP: pages of both
    kinds, or of two allocations; -EBUSY: out of time."""
    for _ in range(HMM_WALKS):
        found.alive()
        seq = mmu_interval_read_begin(found.notifier.subscription())
        if found.dma is not None and _valid_unlocked(gpusvm, found):
            return 0
        pfns = _walk(gpusvm, found, seq, write, owner)
        if pfns == -EBUSY:
            continue
        if isinstance(pfns, int):
            return pfns
        if gpusvm.config.read_retry == "outside-lock" and _stale(found, seq):
            continue
        err = _map_pages(gpusvm, found, seq, pfns, devmem_only)
        if err != -EAGAIN:
            return err
    return -EBUSY


def _stale(found: Range, seq: Seq) -> bool:
    return mmu_interval_check_retry(found.notifier.subscription(), seq)


def _valid_unlocked(gpusvm: GpuSvm, found: Range) -> bool:
    """drm_gpusvm_pages_valid_unlocked(): an array that is not valid is freed."""
    gpusvm.notifier_lock.down_read()
    valid = found.pages_valid()
    if not valid:
        found.dma = None
    gpusvm.notifier_lock.up_read()
    return valid


def _walk(gpusvm: GpuSvm, found: Range, seq: Seq, write: bool, owner: object) -> list[hmm.HmmPfn] | int:
    """hmm_range_fault() with a user of the mm, for a single look; -EBUSY: begin anew."""
    mm = gpusvm.mm
    if not mm.mmget_not_zero():
        return -EFAULT
    flags = hmm.REQ_FAULT | (hmm.REQ_WRITE if write else 0)
    walk = hmm.HmmRange(
        found.notifier.subscription(), seq, found.start, found.end, default_flags=flags, dev_private_owner=owner
    )
    mm.mmap_lock.down_read()
    err = hmm.hmm_range_fault(walk)
    mm.mmap_lock.up_read()
    mmput(mm)
    return err or walk.hmm_pfns


def _map_pages(gpusvm: GpuSvm, found: Range, seq: Seq, pfns: list[hmm.HmmPfn], devmem_only: bool) -> int:
    """Map what was found for the device, if nothing was invalidated since; -EAGAIN: begin anew."""
    gpusvm.notifier_lock.down_read()
    err = 0
    if found.unmapped:
        err = -EFAULT
    elif gpusvm.config.read_retry == "under-lock" and mmu_interval_read_retry(found.notifier.subscription(), seq):
        err = -EAGAIN
    else:
        err = _map_locked(gpusvm, found, pfns, devmem_only)
    gpusvm.notifier_lock.up_read()
    return err


def _map_locked(gpusvm: GpuSvm, found: Range, pfns: list[hmm.HmmPfn], devmem_only: bool) -> int:
    folios = [pfn.folio for pfn in pfns if pfn.folio is not None]
    kinds = {None if folio.pgmap is None else folio.zone_device_data.oid for folio in folios}
    if len(kinds) > 1:
        return -EOPNOTSUPP
    system = None in kinds
    if system and devmem_only:
        return -EFAULT
    unmap_pages(gpusvm, found)
    found.dma = [Found(pfn.folio, pfn.write) for pfn in pfns if pfn.folio is not None]
    for folio in folios:
        if folio.is_device and gpusvm.config.data_written == "at-gpu-fault":
            folio.set_zone_device_data(gpusvm)
        gpusvm.drm.dma_map(folio)
        found.mapped.append(folio)
    found.has_dma_mapping = system
    found.has_devmem_pages = not system
    return 0


def unmap_pages(gpusvm: GpuSvm, found: Range) -> None:
    """drm_gpusvm_range_unmap_pages(), notifier lock held."""
    for folio in found.mapped:
        gpusvm.drm.dma_unmap(folio)
    found.mapped = []
    found.has_dma_mapping = False
    found.has_devmem_pages = False


def range_evict(gpusvm: GpuSvm, found: Range) -> int:
    """drm_gpusvm_range_evict(): hmm_range_fault() as if no device page were ours, so that each is faulted back."""
    for _ in range(HMM_WALKS):
        seq = mmu_interval_read_begin(found.notifier.subscription())
        pfns = _walk(gpusvm, found, seq, False, None)
        if pfns != -EBUSY:
            return pfns if isinstance(pfns, int) else 0
    return -EBUSY
