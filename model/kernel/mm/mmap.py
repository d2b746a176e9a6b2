# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""System calls on an address space (mm/mmap.c, mm/mprotect.c, mm/madvise.c). Return 0 or a negative error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .address_space import Mm


def mmap(mm: Mm, start: int, pages: int, readable: bool = True, writable: bool = True, shared: bool = False) -> int:
    """mmap(MAP_FIXED_NOREPLACE | MAP_ANONYMOUS)."""
    raise NotImplementedError


def munmap(mm: Mm, start: int, pages: int) -> int:
    raise NotImplementedError


def mprotect(mm: Mm, start: int, pages: int, readable: bool, writable: bool) -> int:
    raise NotImplementedError


def madvise_dontneed(mm: Mm, start: int, pages: int) -> int:
    raise NotImplementedError


def mremap(mm: Mm, old: int, pages: int, new: int, dontunmap: bool = False) -> int:
    """mremap(MREMAP_MAYMOVE | MREMAP_FIXED [| MREMAP_DONTUNMAP]) of the same size."""
    raise NotImplementedError
