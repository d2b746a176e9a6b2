# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The engine that turns runs of a program into clauses and lets a SAT solver look for one that breaks a property."""
