# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Kernel primitives, written in the protocol language, one per file."""

from .completion import Completion
from .cpu import CpuSlot
from .dma_resv import DmaResv, Usage
from .fence import Fence
from .folio_lock import FolioLock
from .generation import Generation
from .interval_notifier import IntervalNotifier
from .mutex import Mutex
from .pseudo_lock import PseudoLock
from .refcount import Refcount
from .rwlock import RwLock
from .rwsem import RwSem
from .seqcount import SeqCount, SeqLock
from .spinlock import SpinLock
from .srcu import Srcu
from .waitqueue import WaitQueue
from .work import Work
from .ww_mutex import WwClass, WwMutex, WwResult

__all__ = [
    "Completion",
    "CpuSlot",
    "DmaResv",
    "Fence",
    "FolioLock",
    "Generation",
    "IntervalNotifier",
    "Mutex",
    "PseudoLock",
    "Refcount",
    "RwLock",
    "RwSem",
    "SeqCount",
    "SeqLock",
    "SpinLock",
    "Srcu",
    "Usage",
    "WaitQueue",
    "Work",
    "WwClass",
    "WwMutex",
    "WwResult",
]
