# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Liveness on a stored state graph: fair cycles, traps, and the shortest run that shows one."""
