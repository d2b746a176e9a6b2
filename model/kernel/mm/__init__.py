# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Memory management (mm/): pages, page tables, faults, notifiers, hmm_range_fault() and migration."""
