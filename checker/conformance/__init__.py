# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The executable kernel held against the protocols, and counterexamples of protocols driven through it."""
