# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who goes on at each scheduling point: one strategy per file behind ``checker/schedule/strategy.py``."""
