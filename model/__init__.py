# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What can happen: the protocol language, its compiled form, the primitives, the protocols, traces."""
