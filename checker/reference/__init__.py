# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The engine that runs the reference interpreter: slow, plain, and what every other engine is compared with."""
