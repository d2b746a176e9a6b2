# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What compiles and is probably not meant: warnings and hints over finished automata, one kind per file."""
