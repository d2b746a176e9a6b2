# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Drawings in the language of graphviz: automata of processes, counterexamples, and turning them into pictures."""
