# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What else happens to an address space: munmap() and mremap(), each with its notifier events.

Functions modelled: zap_pte_range() (mm/memory.c), vms_complete_munmap_vmas() (mm/vma.c), move_vma() and move_ptes()
(mm/mremap.c); Linux 6.15. An address that is being migrated is unmapped by clearing the migration entry: the
migration's own reference keeps the page until it finds no entry to restore.
"""

from __future__ import annotations

from ..lang import Size, atomic, choose, null, pending, process
from .svm_state import Callback, Event, Page, Pte, Svm, invalidate_start, put_page


class Unmapper(Svm):
    unmappers = Size(0, most=2)


class Remapper(Svm):
    """Moves the first virtual page to the second, whose old content is unmapped."""

    remappers = Size(0, most=1)


def zap_at(k: Svm, drv: Callback, at: int) -> None:
    invalidate_start(k, drv, at, at, Event.UNMAP)
    gone: Page = null
    with atomic():
        if k.ptes[at].pte == Pte.RAM or k.ptes[at].pte == Pte.DEVICE:
            gone = k.ptes[at].page
        k.ptes[at].page = null
        k.ptes[at].pte = Pte.NONE
        k.latest[at] = 0
    if gone != null:
        put_page(k, gone)
    k.sub.end()


@process(Unmapper.unmappers)
def unmapper(k: Unmapper, drv: Callback) -> None:
    """munmap() of one page of the window: the VMA goes under the write lock, the entry under the read lock."""
    with pending("munmap-returns"):
        at = 0
        if k.window == 2:
            at = choose(0, 1)
        k.mmap.down_write()
        present = k.vma[at]
        k.vma[at] = False
        k.mmap.downgrade_write()
        if present:
            zap_at(k, drv, at)
        k.mmap.up_read()


@process(Remapper.remappers)
def remapper(k: Remapper, drv: Callback) -> None:
    """move_vma(): the notifier hears of the old range only; entries, migration entries too, are moved as they are."""
    with pending("mremap-returns"):
        k.mmap.down_write()
        if k.window == 2 and k.vma[0]:
            zap_at(k, drv, 1)
            invalidate_start(k, drv, 0, 0, Event.UNMAP)
            with atomic():
                k.ptes[1].page = k.ptes[0].page
                k.ptes[1].pte = k.ptes[0].pte
                k.ptes[0].page = null
                k.ptes[0].pte = Pte.NONE
                k.latest[1] = k.latest[0]
                k.vma[0] = False
                k.vma[1] = True
            k.sub.end()
        k.mmap.up_write()
