# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The lock-order graph of a protocol, from its automata: which locks are held where, and whether orders go round."""
