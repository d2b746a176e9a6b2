# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""``struct drm_device`` (drivers/gpu/drm/drm_drv.c): its references, and sections that unplugging waits for."""

from __future__ import annotations

from ..object import Kobject
from ..sched import AWAIT, WRITE, Oops, Op, point
from ..sync import lockdep
from ..sync.atomic import Refcount


class DrmDevice(Kobject):
    """``sections``: how many drm_dev_enter() sections are open (SRCU readers)."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.refs = Refcount(f"{name}.ref", 1)
        self.unplugged = False
        self.sections = 0
        key = (self.oid, "unplugged")
        self._enter_op = Op(f"drm_dev_enter {name}", key, WRITE)
        self._exit_op = Op(f"drm_dev_exit {name}", key, WRITE)
        self._unplug_op = Op(f"drm_dev_unplug {name}", key, WRITE)
        self._synchronize_op = Op(f"drm_dev_unplug {name}: synchronize_srcu", key, AWAIT, self._quiet)

    def __repr__(self) -> str:
        return self.name

    def _quiet(self) -> bool:
        return self.sections == 0

    def enter(self) -> bool:
        """drm_dev_enter(): false once the device is unplugged; otherwise the hardware is there until ``exit``."""
        point(self._enter_op)
        if self.unplugged:
            return False
        self.sections += 1
        return True

    def exit(self) -> None:
        point(self._exit_op)
        self.sections -= 1

    def unplug(self) -> None:
        """drm_dev_unplug(): from here on nobody enters, and nobody is inside any more."""
        point(self._unplug_op)
        if self.unplugged:
            raise Oops("device-unplugged", f"{self.name} is unplugged twice")
        self.unplugged = True
        lockdep.might_sleep("synchronize_srcu")
        point(self._synchronize_op)
