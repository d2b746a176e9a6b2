# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Data coherence: what each byte of an address space holds, as if there were no caches, no devices and no copies.

A store counts at the step that puts the bytes into a page, a load at the step that takes them out. Whatever route it
takes, through whatever page table, a load returns what was stored last. Only stores, fork(), mremap() and unmapping
change what is expected: migration never does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .. import sched
from ..sched import READ, WRITE, Oops
from .page import PAGE_SIZE

if TYPE_CHECKING:
    from .address_space import Mm
    from .shmem import Shmem

ZEROS: Final = bytes(PAGE_SIZE)


class Oracle:
    """What was stored last is kept with its owner: ``Mm.latest`` and ``Shmem.latest``, by page; absent means zeros."""

    def loaded(self, mm: Mm, vpn: int, offset: int, data: bytes | bytearray) -> None:
        """``data`` has just been read at that address."""
        owner, page = place(mm, vpn)
        sched.also((owner.oid, "latest", page), READ)
        expected = owner.latest.get(page, ZEROS)[offset : offset + len(data)]
        if data != expected:
            raise Oops(
                "data-coherence",
                f"{sched.current().name} read {bytes(data).hex()} at {mm.name}:{vpn}+{offset}, "
                f"where {expected.hex()} was written last",
            )

    def stored(self, mm: Mm, vpn: int, offset: int, data: bytes) -> None:
        """``data`` has just been written at that address."""
        owner, page = place(mm, vpn)
        sched.also((owner.oid, "latest", page), WRITE)
        old = owner.latest.get(page, ZEROS)
        owner.latest[page] = old[:offset] + data + old[offset + len(data) :]

    def zapped(self, mm: Mm, vpn: int) -> None:
        """Private memory at that address is gone: the next page there is a new one."""
        mm.latest.pop(vpn, None)

    def copied(self, mm: Mm, vpn: int, child: Mm) -> None:
        """fork() copied the entry."""
        found = mm.latest.get(vpn)
        if found is not None:
            child.latest[vpn] = found

    def moved(self, mm: Mm, old: int, new: int) -> None:
        """mremap() moved the entry."""
        found = mm.latest.pop(old, None)
        mm.latest.pop(new, None)
        if found is not None:
            mm.latest[new] = found


def place(mm: Mm, vpn: int) -> tuple[Mm | Shmem, int]:
    """Whose memory that address means: the address space's own, or a shared object's."""
    return mm.shared.get(vpn) or (mm, vpn)
