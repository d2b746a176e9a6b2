# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The controlled scheduler of the executable kernel: runtime, strategies (one a file), minimisation, replay."""
