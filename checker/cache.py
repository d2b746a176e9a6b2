# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where everything is kept that can be computed again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root() -> Path:
    """$SVMCHECK_CACHE, else svmcheck/ in the user's cache folder."""
    own = os.environ.get("SVMCHECK_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "svmcheck"
