# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The command line: ``main.py`` has the entry point, one file per command, heavy imports only where used."""
