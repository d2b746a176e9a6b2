# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""GPU page faults (xe_svm_handle_pagefault(), drivers/gpu/drm/xe/xe_svm.c): one big retry loop.

No lock but the driver's is held from one try to the next. Each retry is justified by something that somebody else
completed, except under a strict placement, where only tries and time slices end it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from errno import EACCES, EAGAIN, EBUSY, EFAULT, ENOENT, EOPNOTSUPP, EPERM
from typing import TYPE_CHECKING

from ..sched import pending, point
from . import range_pages
from .devmem import Timeslice
from .gpusvm import Range

if TYPE_CHECKING:
    from .xe_svm import XeVm


def handle_pagefault(vm: XeVm, vpn: int, write: bool) -> int:
    """One fault: 0, the access may be tried again; an error, the context is banned."""
    lock: AbstractContextManager[None] = nullcontext()
    if vm.config.serialise == "vm-lock":
        lock = vm.svm_lock
    elif vm.config.serialise == "range-lock":
        lock = vm.range_lock
    with pending("gpu-fault-returns"), lock:
        slices: list[Timeslice] = []
        err = -EPERM if write and vm.read_only else _handle(vm, vpn, slices)
        for timeslice in slices:  # the GPU had its access, or its error
            timeslice.end()
        return err


def _handle(vm: XeVm, vpn: int, slices: list[Timeslice]) -> int:
    config = vm.config
    strict = config.placement == "vram-only"
    tries = 3 if strict else 1
    while True:
        if vm.closed:
            return -ENOENT
        vm.collect_garbage()
        found = vm.gpusvm.range_find_or_insert(vpn, not vm.read_only)
        if isinstance(found, int):
            return found
        if strict and not found.migrate_devmem:
            return -EACCES
        if _is_valid(found):
            return 0
        if config.try_limit == "three":
            tries -= 1
        if config.placement != "system" and tries >= 0:
            err = _populate(vm, found, slices)
            if err and strict:
                if tries:
                    continue
                return err
        err = _map(vm, found, strict)
        if err not in _AGAIN or (strict and tries <= 0 and err != -EAGAIN):
            return err


_AGAIN = (-EAGAIN, -EOPNOTSUPP, -EFAULT, -EPERM)  # what the CPU maps has changed: start again while tries are left


def _is_valid(found: Range) -> bool:
    """xe_svm_range_is_valid(): a look without the notifier lock, only good to save work."""
    point(found.tile_op)
    return found.tile_present and not found.tile_invalidated


def _populate(vm: XeVm, found: Range, slices: list[Timeslice]) -> int:
    """xe_svm_alloc_vram(): pages that another device or a CPU fault has a part of come back to RAM for the next try."""
    err = vm.device.populate_mm(vm.mm, found.start, found.end, slices)
    if err == -EBUSY and vm.config.placement == "vram-only":
        range_pages.range_evict(vm.gpusvm, found)
    return err


def _map(vm: XeVm, found: Range, strict: bool) -> int:
    """get_pages and bind; pages of two kinds are evicted, so that the next try finds one."""
    err = range_pages.get_pages(vm.gpusvm, found, not vm.read_only, vm.device.dpagemap.owner, strict)
    if err == -EOPNOTSUPP:
        range_pages.range_evict(vm.gpusvm, found)
    return err or vm.bind(found)


def access(vm: XeVm, vpn: int, offset: int = 0, data: bytes | None = None) -> bytes | int:
    """An engine of the GPU loads one byte or stores ``data``, and raises faults until it has done so or one fails.

    The engine and the worker that handles its fault are one task here: the engine waits for the worker.
    """
    with pending("gpu-access-completes"):
        return _access(vm, vpn, offset, data)


def _access(vm: XeVm, vpn: int, offset: int, data: bytes | None) -> bytes | int:
    table = vm.page_table
    while True:
        if data is None:
            got = table.load(vpn, offset)
            if got is not None:
                return got
        elif table.store(vpn, offset, data):
            return data
        err = handle_pagefault(vm, vpn, data is not None)
        if err:
            return err
