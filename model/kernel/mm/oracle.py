# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Data coherence: what each byte of an address space holds, as if there were no caches, no devices and no copies.

A store counts at the step that puts the bytes into a page, a load at the step that takes them out. Whatever route it
takes, through whatever page table, a load returns what was stored last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from .. import sched
from ..object import Kobject
from ..sched import READ, WRITE, Oops
from .page import PAGE_SIZE

if TYPE_CHECKING:
    from .address_space import Mm
    from .shmem import Shmem

ZEROS: Final = bytes(PAGE_SIZE)

Place = tuple["Mm | Shmem", int]


class Oracle(Kobject):
    """``latest``: the contents of each page of each address space (shared memory: of the object); absent means zeros.

    Only stores, fork(), mremap() and unmapping change it: migration never does.
    """

    _uncounted: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.latest: dict[Place, bytes] = {}

    def place(self, mm: Mm, vpn: int) -> Place:
        """Which memory that address means: the VMA's own, or the shared object's."""
        vma = mm.find_vma(vpn)
        if vma is not None and vma.file is not None:
            return vma.file, vma.linear_index(vpn)
        return mm, vpn

    def loaded(self, mm: Mm, vpn: int, offset: int, data: bytes | bytearray) -> None:
        """``data`` has just been read at that address."""
        place = self.place(mm, vpn)
        sched.also((self.oid, place[0].oid, place[1]), READ)
        expected = self.latest.get(place, ZEROS)[offset : offset + len(data)]
        if data != expected:
            raise Oops(
                "data-coherence",
                f"{sched.current().name} read {bytes(data).hex()} at {mm.name}:{vpn}+{offset}, "
                f"where {expected.hex()} was written last",
            )

    def stored(self, mm: Mm, vpn: int, offset: int, data: bytes) -> None:
        """``data`` has just been written at that address."""
        place = self.place(mm, vpn)
        sched.also((self.oid, place[0].oid, place[1]), WRITE)
        old = self.latest.get(place, ZEROS)
        self.latest[place] = old[:offset] + data + old[offset + len(data) :]

    def zapped(self, mm: Mm, vpn: int) -> None:
        """Private memory at that address is gone: the next page there is a new one."""
        self.latest.pop((mm, vpn), None)

    def copied(self, mm: Mm, vpn: int, child: Mm) -> None:
        """fork() copied the entry."""
        found = self.latest.get((mm, vpn))
        if found is not None:
            self.latest[child, vpn] = found

    def moved(self, mm: Mm, old: int, new: int) -> None:
        """mremap() moved the entry."""
        found = self.latest.pop((mm, old), None)
        self.latest.pop((mm, new), None)
        if found is not None:
            self.latest[mm, new] = found
