# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Revocable peer-to-peer maps: importers use memory that its exporter moves, or that goes away with the device."""

from __future__ import annotations

from collections.abc import Mapping

from .. import sched
from ..gpu.copy_engine import Engine
from ..gpu.device import DrmDevice
from ..gpu.p2p import Exporter, Importer
from ..options import Config
from ..scenario import Size, World, scenario

SIZES = {
    "importers": Size(1, 0, 2),
    "pinners": Size(0, 0, 1),
    "evictors": Size(1, 0, 1),
    "unplugs": Size(0, 0, 1),
    "accesses": Size(2, 1, 3),
}


@scenario("p2p-revoke", sizes=SIZES)
def p2p_revoke(config: Config, sizes: Mapping[str, int]) -> World:
    """Importers map a buffer and reach it through their own page table, while the exporter evicts it or is unplugged.

    An importer that finds its entry gone maps again, at the new place; pinners cannot be told to let go. After a
    revocation nobody reaches the old place.
    """
    device = DrmDevice("exporter")
    exporter = Exporter(config, device)
    importers = [Importer(config, f"importer {i}", True, Engine(f"ring {i}")) for i in range(sizes["importers"])]
    pinners = [Importer(config, f"pinner {i}", False, Engine(f"pin ring {i}")) for i in range(sizes["pinners"])]

    def user(importer: Importer) -> None:
        for i in range(sizes["accesses"]):
            if i % 2 and exporter.submit(importer):
                continue
            while not importer.reach(exporter):
                if exporter.map(importer):
                    return
        exporter.unmap(importer)

    def evictor() -> None:
        with sched.pending("eviction-returns"):
            exporter.move("system")

    for importer in importers + pinners:
        sched.spawn(importer.name, lambda importer=importer: user(importer))
    if sizes["evictors"]:
        sched.spawn("evictor", evictor)
    if sizes["unplugs"]:
        sched.spawn("unplug", exporter.unplug)
    return World([device, exporter, *importers, *pinners])
