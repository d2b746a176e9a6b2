# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The native explicit engine: a program becomes C, C becomes a shared object, and that searches every state."""
