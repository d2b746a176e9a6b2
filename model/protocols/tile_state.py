# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""tile_present and tile_invalidated: what the page-fault handler believes about a mapping without looking at it.

Functions modelled: handle_vma_pagefault() with vma_is_valid() (drivers/gpu/drm/xe/xe_gt_pagefault.c),
xe_vma_userptr_check_repin(), xe_vma_userptr_pin_pages(), vma_userptr_invalidate(), xe_vm_invalidate_vma()
(drivers/gpu/drm/xe/xe_vm.c), bind_op_commit() (drivers/gpu/drm/xe/xe_pt.c), xe_pt_zap_ptes(); Linux 6.8 to 6.16.

    after-bind     before 99e805089805: the handler clears tile_invalidated when the bind is over, with no lock that
                   the notifier takes: an invalidation in between is forgotten
    under-lock     99e805089805: the bind clears it, under the notifier lock, together with writing the entries

The handler's first look (present, not invalidated: nothing to do) takes no lock. It may miss an invalidation that comes
at the same time, because the GPU then faults again; but it must not be wrong for ever. The notifier looks as well, and
spares itself the zap of what is invalidated already: if the mapping was, and the bit is cleared too late, the entries
just written stay.

Departures: one userptr, one tile, one page; the pages themselves and their DMA mapping are left out (userptr.py has
them), so that pinning is only the sequence number; the TLB is flushed with the entries; the fences of binds are
waited for at once.
"""

from __future__ import annotations

from typing import Literal

from ..lang import Options, Size, World, cover, flag, pending, process, pure, wait
from ..primitives import IntervalNotifier, RwSem


class Policy(Options):
    clear: Literal["under-lock", "after-bind"] = "under-lock"


class TileState(World):
    invalidators = Size(1, most=3)

    vm_lock = RwSem()
    notifier_lock = RwSem()
    sub = IntervalNotifier()

    gpte = flag()
    tile_present = flag()
    tile_invalidated = flag()

    fault = flag()  # in the page-fault queue, not answered yet


# ---- the process


@process(TileState.invalidators)
def madvise_dontneed(k: TileState) -> None:
    with pending("madvise-returns"):
        if k.sub.start():
            vma_userptr_invalidate(k)
        assert not k.gpte, "no gpu mapping after the callback"  # from here on the page is unmapped and freed
        k.sub.end()


def vma_userptr_invalidate(k: TileState) -> None:
    with k.notifier_lock.write():
        k.sub.set_seq()
        xe_vm_invalidate_vma(k)


def xe_vm_invalidate_vma(k: TileState) -> None:
    valid = k.tile_present and not k.tile_invalidated
    if valid:
        k.gpte = False  # xe_pt_zap_ptes()
    else:
        cover("nothing to zap")
    k.tile_invalidated = True


# ---- the page fault


@pure
def vma_is_valid(k: TileState) -> bool:
    return k.tile_present and not k.tile_invalidated


def bind(k: TileState, opt: Policy) -> bool:
    """xe_vma_rebind(): the check of the sequence number and the commit; false is -EAGAIN."""
    with k.notifier_lock.read():
        if k.sub.read_retry():
            return False
        k.gpte = True
        k.tile_present = True  # bind_op_commit()
        if opt.clear == "under-lock":
            k.tile_invalidated = False
    return True


def handle_vma_pagefault(k: TileState, opt: Policy) -> None:
    with k.vm_lock.write():
        if vma_is_valid(k):  # opportunistic
            cover("nothing to do")
            return
        k.sub.read_begin()  # xe_vma_userptr_pin_pages()
        while not bind(k, opt):
            k.sub.read_begin()
        if opt.clear == "after-bind":
            k.tile_invalidated = False


@process
def pf_queue_work_func(k: TileState, opt: Policy) -> None:
    while True:
        wait(k.fault, idle=True)
        handle_vma_pagefault(k, opt)
        k.fault = False  # send_pagefault_reply()


@process
def gpu(k: TileState) -> None:
    """An access: it faults, and is replayed when the fault is answered."""
    with pending("gpu-access-completes"):
        while not k.gpte:
            k.fault = True
            wait(not k.fault)
