# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The compiled form of a protocol: plain, typed, printable values that every engine and exporter reads."""
