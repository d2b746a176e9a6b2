# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What the scenarios of the GPU side begin with: a process with a window of touched memory, and a device with VRAM."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .. import sched
from ..gpu.core import Drm
from ..gpu.xe_device import XeDevice
from ..kernel import Kernel
from ..mm.access import Signal, cpu_read, cpu_write
from ..mm.address_space import Mm
from ..mm.mmap import mmap
from ..options import Config
from ..sched import Oops, Task


class GpuWorld:
    """One kernel, one mm with pages 0 .. ``window``-1, page v holding the byte v+1, all in RAM.

    Without ``touched`` nothing is there yet, and a device may fill the window.
    """

    def __init__(self, config: Config, window: int, ram: int | None = None, touched: bool = True) -> None:
        self.kernel = Kernel(config, ram)
        self.drm = Drm(self.kernel)
        self.mm = self.kernel.new_mm("mm")
        self.window = window
        mmap(self.mm, 0, window)
        for vpn in range(window if touched else 0):
            cpu_write(self.mm, vpn, 0, bytes([vpn + 1]))

    def device(self, name: str, pages: int, owner: object = None) -> XeDevice:
        return XeDevice(self.drm, name, pages, owner)

    def move_to(self, device: XeDevice, at_once: bool = True) -> None:
        """The window moves to the device: in one buffer object, or page by page in one each."""
        step = self.window if at_once else 1
        for start in range(0, self.window, step):
            err = device.populate_mm(self.mm, start, start + step)
            if err:
                raise Oops("setup", f"pages {start} .. {start + step - 1} do not move to {device!r}: {err}")

    def fill(self, device: XeDevice) -> None:
        """The untouched window gets memory of the device, whose engines write it: page v holds the byte v+1."""
        self.move_to(device)
        for vpn in range(self.window):
            folio = self.mm.pte(vpn).folio
            assert folio is not None
            folio.data[0] = vpn + 1
            self.kernel.oracle.stored(self.mm, vpn, 0, bytes([vpn + 1]))


def tasks(number: int, name: str, body: Callable[[int], object], daemon: bool = False) -> list[Task]:
    """``number`` tasks that run ``body`` with their number; daemons may wait for ever."""
    return [sched.spawn(name if number == 1 else f"{name} {i}", partial(body, i), daemon) for i in range(number)]


def touch(mm: Mm, vpn: int, value: int | None = None) -> Signal | None:
    """A CPU thread's access to one page: a load, or a store of ``value``. A signal is no failure of the kernel where
    the page may be gone; SIGBUS always is."""
    with sched.pending("cpu-access-completes"):
        got = cpu_read(mm, vpn) if value is None else cpu_write(mm, vpn, 0, bytes([value]))
    if got is Signal.SIGBUS:
        raise Oops("sigbus", f"{sched.current().name} gets SIGBUS at {mm!r}:{vpn}")
    return got if isinstance(got, Signal) else None


def must_touch(mm: Mm, vpn: int, value: int | None = None) -> None:
    """An access to memory that stays mapped: no signal may end it."""
    signal = touch(mm, vpn, value)
    if signal is not None:
        raise Oops("sigbus", f"{sched.current().name} gets {signal.value} at {mm!r}:{vpn}, which is mapped")
