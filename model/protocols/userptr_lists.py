# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lists an xe userptr moves on, from its invalidation to the next bind: where it is when pinning fails.

Functions modelled: xe_vm_userptr_pin(), xe_vm_userptr_check_repin(), xe_vm_rebind(), vma_userptr_invalidate(),
xe_vma_destroy() (drivers/gpu/drm/xe/xe_vm.c), xe_exec_ioctl() (drivers/gpu/drm/xe/xe_exec.c); a VM that is not in
fault mode, Linux 6.8 to 6.14. A userptr moves

    invalidated   put there by the notifier
    repin_list    taken from there by xe_vm_userptr_pin(), to be pinned
    rebind_list   pinned, to be bound before the next job runs

with three links of its own. Two fixes:

    on_error   restored (4e37e928928b): when pinning one fails, it and those after it go back to ``invalidated``; left:
               before, they stayed on repin_list, of which xe_vma_destroy() knows nothing
    efault     off-rebind-list (a9f4fa3a7efa): a userptr whose memory is gone (-EFAULT) leaves rebind_list, too, where
               an earlier attempt may have put it; left-on: before, it was bound without pages

Departures: a list is a flag in each of its members, visited in the order of their creation; a spinlock section is one
step; pages are a flag (userptr.py has their lifetime); a job is over as soon as it is submitted. Of the steps that walk
a list, the ways through that would find it empty are never taken: the caller has seen to that.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Literal

from ..lang import (
    Options,
    Record,
    Size,
    World,
    alive,
    array,
    atomic,
    choose,
    cover,
    flag,
    initial,
    pending,
    pool,
    process,
    pure,
    ref,
    rest,
)
from ..primitives import Mutex, RwSem


class Link(Record):
    """A list_head in an object, which must not be freed while it is on the list."""

    on_list = flag()

    @pure
    def quiescent(self) -> bool:
        return not self.on_list


class Vma(Record):
    """A ``struct xe_userptr_vma``."""

    backed = flag(True)  # the process still has memory there
    sg = flag(True)
    destroyed = flag()  # XE_VMA_DESTROYED
    invalidate_link = Link()
    repin_link = Link()
    rebind_link = Link()


class Err(Enum):
    OK = auto()
    EFAULT = auto()
    ENOMEM = auto()


class Policy(Options):
    on_error: Literal["restored", "left"] = "restored"
    efault: Literal["off-rebind-list", "left-on"] = "off-rebind-list"


class UserptrLists(World):
    executors = Size(1, least=1, most=2)
    zappers = Size(1, most=2)
    unbinders = Size(1, most=2)

    lock = RwSem()  # vm->lock
    notifier_lock = RwSem()
    resv = Mutex()  # the VM's dma-resv
    vmas = pool(Vma, 2)
    bound_at = array(2, ref(Vma))  # by address


@initial
def bound(k: UserptrLists) -> None:
    for i in range(2):
        k.bound_at[i] = k.vmas.alloc()


# ---- the notifier


@process(UserptrLists.zappers)
def zapper(k: UserptrLists) -> None:
    """madvise(MADV_DONTNEED) or munmap() of the memory of a userptr: vma_userptr_invalidate()."""
    with pending("zap-returns"):
        i = choose(0, 1)
        gone = choose(False, True)
        with k.notifier_lock.write():
            with atomic():
                vma = k.bound_at[i]
                if alive(vma) and not vma.destroyed:  # the notifier of a VMA goes with it
                    vma.backed = vma.backed and not gone
                    vma.invalidate_link.on_list = True


# ---- pinning


@pure
def needs_repin(k: UserptrLists) -> bool:
    """xe_vm_userptr_check_repin(), and the same under the notifier lock."""
    return any(vma.invalidate_link.on_list or vma.repin_link.on_list for vma in k.vmas)


def xe_vma_userptr_pin_pages(vma: Vma) -> Err:
    vma.sg = False
    if not vma.backed:
        return Err.EFAULT
    err = choose(Err.OK, Err.ENOMEM, eventually=Err.OK)
    if err == Err.OK:
        vma.sg = True
    return err


def pin_and_move(vma: Vma, opt: Policy) -> Err:
    """What xe_vm_userptr_pin() does for one member of repin_list."""
    err = xe_vma_userptr_pin_pages(vma)
    if err == Err.EFAULT:
        vma.repin_link.on_list = False
        if opt.efault == "off-rebind-list":
            vma.rebind_link.on_list = False
        return Err.OK  # what was bound there is zapped
    if err == Err.OK:
        with atomic():
            vma.repin_link.on_list = False
            vma.rebind_link.on_list = True
    return err


def xe_vm_userptr_pin(k: UserptrLists, opt: Policy) -> Err:
    with atomic():
        for vma in k.vmas:
            if vma.invalidate_link.on_list:
                vma.invalidate_link.on_list = False
                vma.repin_link.on_list = True
    err = Err.OK
    for vma in k.vmas:
        if err == Err.OK and vma.repin_link.on_list:
            err = pin_and_move(vma, opt)
    if err != Err.OK and opt.on_error == "restored":
        with k.notifier_lock.write():
            with atomic():
                for vma in k.vmas:
                    if vma.repin_link.on_list:
                        vma.repin_link.on_list = False
                        vma.invalidate_link.on_list = True
    return err


# ---- a job


def xe_vm_rebind(k: UserptrLists) -> None:
    for vma in k.vmas:
        if vma.rebind_link.on_list:
            assert vma.sg, "a userptr is bound with its pages"
            vma.rebind_link.on_list = False


def submit(k: UserptrLists) -> bool:
    """With vm->lock held for reading: false is -EAGAIN."""
    with k.resv:
        validated = choose(True, False, eventually=True)
        if not validated:
            return False
        xe_vm_rebind(k)
        with k.notifier_lock.read():
            with atomic():
                valid = not needs_repin(k)
    return valid


@process(UserptrLists.executors)
def xe_exec_ioctl(k: UserptrLists, opt: Policy) -> None:
    while True:
        rest()
        with pending("exec-returns"):
            while True:
                with atomic():  # advisory: a member that comes now is found before the job is submitted
                    repin = needs_repin(k)
                if repin:
                    k.lock.down_write()
                    err = xe_vm_userptr_pin(k, opt)
                    k.lock.downgrade_write()
                    if err != Err.OK:
                        cover("pinning failed")
                        k.lock.up_read()
                        break
                else:
                    k.lock.down_read()
                submitted = submit(k)
                k.lock.up_read()
                if submitted:
                    cover("submitted")
                    break


# ---- unbinding


@process(UserptrLists.unbinders)
def vm_bind_unmap(k: UserptrLists) -> None:
    """DRM_XE_VM_BIND_OP_UNMAP: prep_vma_destroy(), unbind_op_commit(), xe_vma_destroy()."""
    with pending("unbind-returns"):
        i = choose(0, 1)
        with k.lock.write():
            vma = k.bound_at[i]
            if alive(vma):
                with k.notifier_lock.read():
                    vma.destroyed = True
                vma.rebind_link.on_list = False
                vma.invalidate_link.on_list = False
                k.vmas.free(vma)
