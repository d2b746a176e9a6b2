# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of a driver that mirrors the neighbours of a faulting page too, as in the protocol hmm_range_fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .option import option


@dataclass(frozen=True)
class WindowOptions:
    """GPU faults that mirror a window around the page, and scans of it.

    ``read_retry`` of the GPU fault handler holds here too.
    """

    pass_one: Literal["page-then-snapshot", "one-walk", "whole-window"] = option(
        "page-then-snapshot",
        "How the neighbours of a faulting page are found: by a snapshot after its own walk, by one walk that asks for"
        " the page alone, or by one that asks for all.",
    )
    neighbours: Literal["as-they-are", "fault-in"] = option(
        "as-they-are", "Whether a second pass faults the neighbours in."
    )
    pass_two: Literal["neighbour-alone", "whole-window", "neighbour-with-new-sequence"] = option(
        "neighbour-alone",
        "What the second pass walks, and whether under the sequence of the first or one of its own.",
    )
    permanent_error: Literal["returned", "retried"] = option(
        "returned", "Whether a GPU fault ends with an error that is for good, or starts again."
    )
    deadline: Literal["1000-ms", "none"] = option(
        "1000-ms", "Whether a GPU fault that has to start again and again gives up some time."
    )
    scan_asks: Literal["nothing", "fault"] = option(
        "nothing", "Whether drm_gpusvm_scan_mm() looks where pages are, or asks for them."
    )
    scan_error: Literal["free", "unlock-and-free"] = option(
        "free", "Whether the error path of drm_gpusvm_scan_mm() releases the notifier lock, which it has not taken."
    )
    scan_retry: Literal["no-deadline", "deadline"] = option(
        "no-deadline", "Whether the deadline of drm_gpusvm_scan_mm() holds for the retry of its result too."
    )
