# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which steps of different processes cannot disturb each other, told from the program alone."""
