# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The catalogue: for each target its protocol, its variants, and what each is expected to show. Data, not code.

``entry.py`` has the values, ``load.py`` reads the TOML files beside it (or a user's own); docs/catalogue.md tells
the format.
"""
