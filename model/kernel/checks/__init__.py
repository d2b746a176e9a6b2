# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What must hold after every step of the executable kernel: one module for each part of it."""
