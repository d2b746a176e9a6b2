# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The results of a check as one HTML file that needs nothing else: no network, no server."""
