# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Statements to graph: name resolution, types, inlining, and the operations every statement stands for."""
