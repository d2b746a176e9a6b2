# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Buffer objects and VMs of drm_gpuvm: who maps, unmaps, submits, and who evicts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from .. import sched
from ..gpu.copy_engine import Engine
from ..gpu.gem import GemObject
from ..gpu.gpuvm import Gpuvm, evict_bo
from ..options import Config
from ..scenario import Size, World, scenario
from ..sched import Oops
from ..sync.work import WorkQueue
from ..sync.ww_mutex import WwClass


@scenario(
    "gpuvm", sizes={"users": Size(2, 1, 3), "bos": Size(1, 1, 2), "evictors": Size(1, 0, 2), "rounds": Size(1, 1, 4)}
)
def gpuvm(config: Config, sizes: Mapping[str, int]) -> World:
    """Users of one VM map the same BOs at addresses of their own, submit a job, and unmap, while TTM evicts the BOs.

    There is one drm_gpuvm_bo for each pair; each eviction is seen by the next job of each VM; zombies are skipped and
    freed once; whatever the order of the reservations, tickets resolve it. Each user has a handle of each BO, and
    closes it once its last mapping is there. Every other round maps one BO only.
    """
    queue = WorkQueue("gpuvm cleanup")
    vm = Gpuvm(config, WwClass("reservation_ww_class"), Engine("gpu ring"), queue)
    bos = [GemObject(f"bo{i}", handles=sizes["users"]) for i in range(sizes["bos"])]
    for number in range(sizes["users"]):
        sched.spawn(f"user {number}", partial(_user, vm, bos, number, sizes["rounds"]))
    for number in range(sizes["evictors"]):
        sched.spawn(f"evictor {number}", partial(_evictor, bos))
    return World([vm, *bos, vm.engine, queue], finish=partial(_finish, vm, bos))


def _user(vm: Gpuvm, bos: list[GemObject], number: int, rounds: int) -> None:
    turn = bos if number % 2 == 0 else bos[::-1]
    for rounds_left in reversed(range(rounds)):
        mapped = turn if rounds_left % 2 == 0 else turn[:1]
        for i, bo in enumerate(mapped):
            vm.map(10 * number + i, bo)
            if not rounds_left:
                bo.put()
        vm.exec().wait()
        for i in range(len(mapped)):
            vm.unmap(10 * number + i)


def _evictor(bos: list[GemObject]) -> None:
    for bo in bos:
        if bo.refs.get_unless_zero():
            evict_bo(bo)
            bo.put()


def _finish(vm: Gpuvm, bos: list[GemObject]) -> None:
    for bo in bos:
        if not bo.freed:
            raise Oops("leak", f"{bo!r} is left with {bo.refs.value} references and {len(bo.vm_bos)} vm_bos")
    if vm.refs.value != 1:
        raise Oops("leak", f"the VM is left with {vm.refs.value} references")
