# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct vm_area_struct``: a range of pages of an address space with one protection."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE

if TYPE_CHECKING:
    from .address_space import Mm
    from .rmap import AnonVma
    from .shmem import Shmem


class Vma(Kobject):
    """Pages ``start`` .. ``end``-1 of ``mm``. Protected by the mmap_lock; ``anon_vma`` once set stays.

    ``pgoff``: the page number that ``start`` had when the memory was first mapped; moves with mremap(). ``file``: the
    object whose pages a shared mapping shows. ``io``: VM_IO or VM_PFNMAP, without struct pages.
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset({"mm"})

    def __init__(self, mm: Mm, start: int, end: int, pgoff: int, readable: bool = True, writable: bool = True) -> None:
        super().__init__()
        self.mm = mm
        self.start = start
        self.end = end
        self.pgoff = pgoff
        self.readable = readable
        self.writable = writable
        self.prot_key = (self.oid, "vm_page_prot")
        self.io = False
        self.file: Shmem | None = None
        self.anon_vma: AnonVma | None = None

    def __repr__(self) -> str:
        return f"{self.mm.name}[{self.start}:{self.end}]"

    def protect(self, readable: bool, writable: bool) -> None:
        """vm_flags_reset(), vma_set_page_prot(): whoever puts an entry back by reverse map looks at it too."""
        self.readable = readable
        self.writable = writable
        sched.also(self.prot_key, WRITE)

    def prot_readable(self) -> bool:
        """What vm_page_prot says, asked without the mmap_lock."""
        sched.also(self.prot_key, READ)
        return self.readable

    @property
    def anonymous(self) -> bool:
        """vma_is_anonymous()."""
        return self.file is None

    def linear_index(self, vpn: int) -> int:
        """linear_page_index(): what folio->index of a page mapped at ``vpn`` is."""
        return vpn - self.start + self.pgoff

    def address(self, index: int) -> int | None:
        """vma_address(): where in this VMA the page with that index is, if it is."""
        vpn = index - self.pgoff + self.start
        return vpn if self.start <= vpn < self.end else None
