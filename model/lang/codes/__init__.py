# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The catalogue of diagnostics: what each code means, with a wrong and a right file (which are tests).

0xx: the file; 1xx: declarations and requests; 2xx: what functions say; 3xx: what the language does not have; 4xx: what
steps and first states amount to; 5xx: warnings and hints.
"""

from __future__ import annotations

from .declarations import DECLARATIONS
from .files import FILES
from .hints import HINTS
from .locking import LOCKING
from .names import NAMES
from .sample import CodeInfo
from .steps import STEPS
from .syntax import SYNTAX
from .values import VALUES
from .words import WORDS

__all__ = ["CODES", "CodeInfo"]

CODES: dict[str, CodeInfo] = dict(
    sorted((FILES | DECLARATIONS | NAMES | VALUES | WORDS | LOCKING | SYNTAX | STEPS | HINTS).items())
)
