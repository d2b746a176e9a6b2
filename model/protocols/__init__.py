# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The protocols, one per file, each written to be read beside the kernel functions its docstring names."""
