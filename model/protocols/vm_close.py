# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A GPU page fault while its VM is closed: a reference keeps the VM, but not its page tables.

Functions modelled: handle_pagefault() with asid_to_vm() (drivers/gpu/drm/xe/xe_gt_pagefault.c), xe_vm_close(),
xe_vm_close_and_put(), xe_vm_put() (drivers/gpu/drm/xe/xe_vm.c); Linux 6.8 to 6.12.

    none           before f96dbf7c321d: the handler walks the page tables of whatever VM it got a reference on
    under-lock     f96dbf7c321d: it looks whether the VM is closed, with vm->lock held
    before-lock    not in the kernel: the same look, before vm->lock is taken, decides nothing

The VM has two lifetimes: the structure lives until its last reference is put, the page tables until it is closed.

Departures: one VM, one tile; the fault of a handler that comes too late is left unanswered; the driver clears the
pointer to the root as well when it frees the tables, so that before the fix the walk could also follow a null pointer.
"""

from __future__ import annotations

from typing import Literal

from ..lang import Options, Record, Size, World, cover, flag, initial, null, pending, pool, process, ref, touch
from ..primitives import Refcount, RwSem


class PageTables(Record):
    """The tree below vm->pt_root[]."""


class Vm(Record):
    lock = RwSem()
    refs = Refcount()
    closed = flag()  # vm->size == 0
    pt_root = ref(PageTables)


class Policy(Options):
    closed_check: Literal["under-lock", "before-lock", "none"] = "under-lock"


class VmClose(World):
    workers = Size(1, least=1, most=3)

    usm_lock = RwSem()
    asid_to_vm = ref(Vm)
    vms = pool(Vm, 1)
    tables = pool(PageTables, 1)


@initial
def open_vm(k: VmClose) -> None:
    vm = k.vms.alloc()
    vm.pt_root = k.tables.alloc()
    k.asid_to_vm = vm


def xe_vm_put(k: VmClose, vm: Vm) -> None:
    if vm.refs.put():
        k.vms.free(vm)


# ---- the fault


def asid_to_vm(k: VmClose) -> Vm:
    """The VM of the fault with a reference, or null."""
    with k.usm_lock.read():
        vm = k.asid_to_vm
        if vm != null:
            vm.refs.get()
    return vm


def fault_in(vm: Vm, opt: Policy) -> bool:
    """The part with vm->lock held: false is -ENOENT."""
    with vm.lock.write():
        if opt.closed_check == "under-lock":
            if vm.closed:
                return False
        touch(vm.pt_root)  # xe_vma_rebind() walks the page tables
        cover("bound")
    return True


@process(VmClose.workers)
def handle_pagefault(k: VmClose, opt: Policy) -> None:
    """A worker of the page-fault queue."""
    with pending("fault-returns"):
        vm = asid_to_vm(k)
        if vm == null:
            cover("no VM")
            return
        if opt.closed_check == "before-lock":
            if vm.closed:
                xe_vm_put(k, vm)
                return
        if not fault_in(vm, opt):
            cover("closed VM")
        xe_vm_put(k, vm)


# ---- the ioctl


@process
def xe_vm_close_and_put(k: VmClose) -> None:
    with pending("close-returns"):
        vm = k.asid_to_vm  # the reference of the file's handle is ours to put
        with vm.lock.write():  # xe_vm_close()
            vm.closed = True
        with vm.lock.write():  # the mappings go, then the tables
            k.tables.free(vm.pt_root)
        with k.usm_lock.write():
            k.asid_to_vm = null
        xe_vm_put(k, vm)
