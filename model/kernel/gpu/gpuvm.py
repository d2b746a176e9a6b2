# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``drm_gpuvm`` and ``drm_gpuvm_bo`` (drivers/gpu/drm/drm_gpuvm.c): a VM, and one object for each pair of VM and BO.

In immediate mode: the list of a BO's pairs is under the mutex ``gpuva.lock`` of the BO, under which nothing is
allocated; the lists of a VM are under its spinlock; pairs are freed later, by a work item, because the last reference
may be dropped where freeing is not possible. A pair whose count is zero is a zombie: on a list, and skipped.
"""

from __future__ import annotations

from .. import sched
from ..options import Config
from ..sched import READ, WRITE, Oops, Op, point
from ..slab import Slab
from ..sync.atomic import Refcount
from ..sync.fence import Fence
from ..sync.mutex import Mutex
from ..sync.spinlock import SpinLock
from ..sync.work import WorkItem, WorkQueue
from ..sync.ww_mutex import WwClass
from .copy_engine import Engine
from .dma_resv import BOOKKEEP, DmaResv, DrmExec
from .gem import GemObject, Place


class VmBo(Slab):
    """drm_gpuvm_bo. ``bound``: where the PTEs of the VM say that the BO is."""

    def __init__(self, vm: Gpuvm, bo: GemObject) -> None:
        super().__init__()
        self.vm = vm
        self.bo = bo
        self.refs = Refcount("vm_bo.kref", 1)
        self.evicted = False
        self.bound: Place | None = None
        self._bound_key = (self.oid, "bound")

    def write_ptes(self, place: Place) -> None:
        """The PTEs of the VM lead to the BO in this place, in the step of the caller."""
        sched.also(self._bound_key, WRITE)
        self.bound = place

    def walk_ptes(self) -> Place | None:
        """Where a job gets to, in the step of the caller."""
        sched.also(self._bound_key, READ)
        return self.bound


class Gpuvm(Slab):
    """drm_gpuvm. ``mappings`` (GPU address -> pair) is under ``vm_lock``, the driver's."""

    def __init__(self, config: Config, ww_class: WwClass, engine: Engine, queue: WorkQueue) -> None:
        super().__init__()
        self.config = config
        self.ww_class = ww_class
        self.engine = engine
        self.refs = Refcount("gpuvm.kref", 1)
        self.vm_lock = Mutex("vm->lock")
        self.resv = DmaResv("vm_resv")
        self.lists_lock = SpinLock("gpuvm.lists")
        self.mappings: dict[int, VmBo] = {}
        self.extobj: list[VmBo] = []
        self.evict: list[VmBo] = []
        self.bo_defer: list[VmBo] = []
        key = (self.oid, "bo_defer")
        self._defer_op = Op("llist_add bo_defer", key, WRITE)
        self._undefer_op = Op("llist_del_all bo_defer", key, WRITE)
        self.cleanup_work = WorkItem(queue, "drm_gpuvm_bo_deferred_cleanup", self.cleanup)

    def put(self) -> None:
        if self.refs.put():
            self.kfree()

    # ---- pairs

    def obtain(self, bo: GemObject) -> VmBo:
        """drm_gpuvm_bo_obtain(): finds the pair or makes it, in one section."""
        bo.lock_gpuva()
        found = self._find(bo)
        if found is not None:
            found.refs.get()
            bo.unlock_gpuva()
            return found
        if self.config.vm_bo_obtain == "two-sections":
            bo.unlock_gpuva()
            bo.lock_gpuva()
        new = VmBo(self, bo)
        self.refs.get()
        bo.refs.get()
        if self._find(bo) is not None:
            raise Oops("vm-bo-unique", f"a second drm_gpuvm_bo for {bo!r} in one VM")
        bo.vm_bos.append(new)
        bo.unlock_gpuva()
        return new

    def _find(self, bo: GemObject) -> VmBo | None:
        """drm_gpuvm_bo_find(), gpuva.lock held."""
        for vm_bo in bo.vm_bos:
            vm_bo.alive()
            if vm_bo.vm is self:
                return vm_bo
        return None

    def put_deferred(self, vm_bo: VmBo) -> None:
        """drm_gpuvm_bo_put_deferred(): zero and the removal from the BO's list are one section."""
        bo = vm_bo.bo
        if self.config.vm_bo_put == "zero-before-lock":
            if not vm_bo.refs.put():
                return
            bo.lock_gpuva()
        else:
            if vm_bo.refs.put_not_last():
                return
            bo.lock_gpuva()
            if not vm_bo.refs.put():
                bo.unlock_gpuva()
                return
        self._into_zombie(vm_bo)
        if self.config.vm_bo_put == "queued-under-lock":
            self._defer(vm_bo)
            bo.unlock_gpuva()
        else:
            bo.unlock_gpuva()
            self._defer(vm_bo)

    def _into_zombie(self, vm_bo: VmBo) -> None:
        """drm_gpuvm_bo_into_zombie(): off all lists."""
        vm_bo.bo.vm_bos.remove(vm_bo)
        with self.lists_lock:
            for entries in (self.extobj, self.evict):
                if vm_bo in entries:
                    entries.remove(vm_bo)

    def _defer(self, vm_bo: VmBo) -> None:
        point(self._defer_op)
        self.bo_defer.append(vm_bo)
        self.cleanup_work.queue()

    def cleanup(self) -> None:
        """drm_gpuvm_bo_deferred_cleanup(), in the driver's work item."""
        point(self._undefer_op)
        zombies, self.bo_defer = self.bo_defer, []
        for vm_bo in zombies:
            vm_bo.kfree()
            vm_bo.bo.put()
            self.put()

    def vm_bo_evict(self, vm_bo: VmBo, evict: bool) -> None:
        """drm_gpuvm_bo_evict(): the flag is under the reservation of the BO, the list under its spinlock."""
        vm_bo.alive()
        vm_bo.evicted = evict
        with self.lists_lock:
            if evict and vm_bo not in self.evict:
                self.evict.append(vm_bo)
            elif not evict and vm_bo in self.evict:
                self.evict.remove(vm_bo)

    # ---- mappings and jobs

    def map(self, va: int, bo: GemObject) -> None:
        """A bind: the pair is obtained before the VM is locked."""
        vm_bo = self.obtain(bo)
        with self.vm_lock, DrmExec(self.ww_class) as exec:
            exec.until_all_locked(lambda: (self.resv, bo.resv))
            self.mappings[va] = vm_bo
            with self.lists_lock:
                if vm_bo not in self.extobj:
                    self.extobj.append(vm_bo)
            if bo.place == "vram":
                vm_bo.write_ptes("vram")
            else:
                self.vm_bo_evict(vm_bo, True)

    def unmap(self, va: int) -> None:
        """An unbind: waits for the jobs that may use the mapping, and gives its reference to the pair back."""
        with self.vm_lock:
            self.resv.wait(BOOKKEEP)
            vm_bo = self.mappings.pop(va)
        self.put_deferred(vm_bo)

    def exec(self) -> Fence:
        """drm_gpuvm_exec_lock(), drm_gpuvm_validate(), a job that uses every mapping, its fence for all of them."""
        taken: list[VmBo] = []
        with self.vm_lock, DrmExec(self.ww_class) as exec:
            exec.until_all_locked(lambda: self._reservations(taken))
            if self.config.vm_bo_validate == "before-job":
                self._validate()
            used = list(self.mappings.values())
            fence = self.engine.submit("job", lambda: _run(used))
            for resv in exec.locked:
                resv.add_fence(fence, BOOKKEEP)
        for vm_bo in taken:
            self.put_deferred(vm_bo)
        return fence

    def _reservations(self, taken: list[VmBo]) -> list[DmaResv]:
        """drm_gpuvm_prepare_objects(): external objects that are not zombies, each with a reference meanwhile."""
        with self.lists_lock:
            candidates = list(self.extobj)
            for vm_bo in candidates:
                if vm_bo in taken:
                    continue
                if self.config.vm_bo_iterate == "plain-get":
                    vm_bo.refs.get()
                    taken.append(vm_bo)
                elif vm_bo.refs.get_unless_zero():
                    taken.append(vm_bo)
        return [self.resv, *(vm_bo.bo.resv for vm_bo in candidates if vm_bo in taken)]

    def _validate(self) -> None:
        """drm_gpuvm_validate(): bring back what was evicted and write the PTEs anew."""
        with self.lists_lock:
            evicted = list(self.evict)
        for vm_bo in evicted:
            if vm_bo.bo.resv.lock.held():
                if vm_bo.bo.place != "vram":
                    vm_bo.bo.move("vram")
                vm_bo.write_ptes("vram")
                self.vm_bo_evict(vm_bo, False)


def _run(used: list[VmBo]) -> None:
    """The job goes through the PTEs of the VM to each BO."""
    for vm_bo in used:
        bo = vm_bo.bo
        point(Op(f"GPU reads {bo!r}", bo.place_key, READ))
        bo.alive()
        bound = vm_bo.walk_ptes()
        if bound != bo.place:
            raise Oops("gpu-mapping", f"a job finds {bo!r} in {bound} by the PTEs of its VM; it is in {bo.place}")


def evict_bo(bo: GemObject) -> None:
    """ttm_bo_evict() with the driver's move callback, which marks the pairs of the BO: drm_gpuvm_bo_evict()."""
    bo.resv.lock.lock()
    bo.resv.wait(BOOKKEEP)
    bo.lock_gpuva()
    pairs = list(bo.vm_bos)
    for vm_bo in pairs:
        vm_bo.vm.vm_bo_evict(vm_bo, True)
    bo.unlock_gpuva()
    if bo.place == "vram":
        bo.move("system")
    bo.resv.lock.unlock()
