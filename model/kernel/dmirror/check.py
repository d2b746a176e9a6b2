# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a mirror may point at: "gpu-mapping" after each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..mm.pte import MIGRATION
from ..sched import Oops

if TYPE_CHECKING:
    from .mirror import Dmirror


class MirrorCheck:
    """An entry points at a page in use, and outside invalidation brackets at the page that the CPU's entry names.

    While a page moves to the device the mirror has the new page already, and the CPU a migration entry for the old one.
    """

    def __init__(self, dmirror: Dmirror) -> None:
        self.dmirror = dmirror

    def check(self) -> None:
        dmirror = self.dmirror
        kernel = dmirror.mdevice.kernel
        for mm, vpn in kernel.dirty_ptes:
            if mm is dmirror.mm and vpn in dmirror.pt:
                self._check_entry(vpn)
        if any(folio.refcount == 0 for folio in kernel.dirty_folios):
            for vpn, entry in dmirror.pt.items():
                if entry.folio.refcount == 0 and entry.folio is not kernel.zero_page:
                    raise Oops("gpu-mapping", f"{dmirror!r} maps {entry.folio!r} at {vpn}, which is free")

    def _check_entry(self, vpn: int) -> None:
        dmirror = self.dmirror
        subs = dmirror.mm.subscriptions
        if subs is not None and any(bracket.start <= vpn < bracket.end for bracket in subs.brackets):
            return
        folio, entry = dmirror.pt[vpn].folio, dmirror.mm.pte(vpn)
        moving = entry.kind == MIGRATION and folio.lock.locked()
        if entry.folio is not folio and not moving:
            raise Oops("gpu-mapping", f"{dmirror!r} maps {folio!r} at {vpn}, where the CPU has {entry!r}")
