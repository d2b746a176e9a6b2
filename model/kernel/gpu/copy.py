# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Copies between system memory and VRAM (drm_pagemap_devmem_ops.copy_to_ram, .copy_to_devmem): page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import sched
from ..sched import READ, point

if TYPE_CHECKING:
    from ..mm.page import Folio
    from .copy_engine import Engine
    from .core import Drm

Pairs = list[tuple["Folio", "Folio"]]
"""Source and destination of each page."""


def copy_pages(drm: Drm, pairs: Pairs) -> None:
    """A step for each page: what is stored to the source after that is lost, so that nobody may reach it."""
    for source, destination in pairs:
        point(destination.store_op)
        sched.also(source.data_key, READ)
        drm.frozen(source)
        destination.data[:] = source.data


def copy_by(drm: Drm, engine: Engine | None, pairs: Pairs, wait: bool) -> None:
    """Submit a copy and wait for its fence. Without an engine the CPU copies."""
    if engine is None:
        copy_pages(drm, pairs)
        return
    fence = engine.submit("copy", lambda: copy_pages(drm, pairs))
    if wait:
        fence.wait()
