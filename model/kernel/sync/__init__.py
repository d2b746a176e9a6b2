# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Locks, references and ways to wait, one per file, over ``sched.point``."""
