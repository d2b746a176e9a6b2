# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct mm_struct``: an address space with its lock, its VMAs and its page table.

Addresses are page numbers. Entries are changed with the page-table lock ``ptl`` held (one per address space). The CPU,
and functions that look before they lock, read entries without it: ``set_pte`` says so to the scheduler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Oops, Op, point
from ..sync.atomic import Refcount
from ..sync.rwsem import RwSem
from ..sync.spinlock import SpinLock
from .pte import MIGRATION, NONE, Pte
from .vma import Vma

if TYPE_CHECKING:
    from ..kernel import Kernel
    from .mmu_notifier import Subscriptions
    from .shmem import Shmem


class Mm(Kobject):
    """``mm_users`` (a Refcount) keeps the address space from being torn down; see ``exit.py`` for mmput()."""

    _uncounted: ClassVar[frozenset[str]] = frozenset({"kernel", "_pte_ops"})

    def __init__(self, kernel: Kernel, name: str) -> None:
        super().__init__()
        self.kernel = kernel
        self.name = name
        self.mmap_lock = RwSem("mmap_lock")
        self.ptl = SpinLock("ptl")
        self.page_table: dict[int, Pte] = {}
        self.vmas: list[Vma] = []  # by start
        self.mm_users = Refcount(f"mm_users of {name}", 1)
        self.subscriptions: Subscriptions | None = None
        self.latest: dict[int, bytes] = {}  # of the oracle: what was stored last in private memory
        self.shared: dict[int, tuple[Shmem, int]] = {}  # addresses that mean a page of an object, while a VMA is there
        self._pte_ops: dict[int, Op] = {}

    def __repr__(self) -> str:
        return self.name

    # ---- the page table

    def pte_op(self, vpn: int) -> Op:
        """Reading the entry without the lock."""
        op = self._pte_ops.get(vpn)
        if op is None:
            op = self._pte_ops[vpn] = Op(f"read PTE {self.name}:{vpn}", (self.oid, "pte", vpn), READ)
        return op

    def pte(self, vpn: int) -> Pte:
        """The entry, in a step that holds the lock or was announced."""
        return self.page_table.get(vpn, NONE)

    def read_pte(self, vpn: int) -> Pte:
        """ptep_get_lockless() as a step."""
        point(self.pte_op(vpn))
        return self.page_table.get(vpn, NONE)

    def locked_pte(self, vpn: int, start: int) -> Pte:
        """The next entry of a loop over entries from ``start``, the lock held: a step, but for the first of them,
        which belongs to the step that took the lock, and for empty ones, which nobody else can tell from before."""
        entry = self.page_table.get(vpn, NONE)
        if vpn != start and entry is not NONE:
            point(self.pte_op(vpn))
        return entry

    def set_pte(self, vpn: int, entry: Pte) -> None:
        """set_pte_at(), ptep_get_and_clear(); the caller keeps mapcount and references in the same step."""
        if self.ptl.owner is not sched.current():
            raise Oops("lock-held", f"{sched.current().name} changes the page table of {self.name} without its lock")
        old = self.page_table.get(vpn, NONE)
        for found, by in ((old, -1), (entry, 1)):
            folio = found.folio
            if folio is not None:
                if found.kind == MIGRATION:
                    folio.migrating += by
                else:
                    folio.mapped_by += by
                    folio.published = True
                folio.touched()
        if entry is NONE:
            self.page_table.pop(vpn, None)
        else:
            self.page_table[vpn] = entry
        sched.also(self.pte_op(vpn).key, WRITE)
        self.kernel.dirty_ptes.append((self, vpn))

    # ---- VMAs

    def find_vma(self, vpn: int) -> Vma | None:
        """vma_lookup(): the VMA that contains the page; mmap_lock held."""
        for vma in self.vmas:
            if vma.start <= vpn < vma.end:
                return vma
        return None

    def vmas_in(self, start: int, end: int) -> list[Vma]:
        """for_each_vma_range()."""
        return [vma for vma in self.vmas if vma.start < end and vma.end > start]

    def mmget_not_zero(self) -> bool:
        return self.mm_users.get_unless_zero()
