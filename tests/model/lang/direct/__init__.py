# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A second meaning of the protocol language: its source text, executed statement by statement on real values.

Nothing of the compiler is used but the declarations (classes of declare.py). A process is a stack of frames, each with
an environment and a stack of what is left to do; the scheduler chooses before every step, and all schedules are tried,
with no reduction of any kind. It exists to be compared with the compiler (test_against_direct.py).

What is one step, as docs/language.md has it: a statement, a test, an argument list that reads or writes shared state; a
``choose``; a ``wait`` that gets through; an ``atomic`` block. Everything else is no step: it happens right after the
step before. ``assert`` is evaluated whenever its actor stands in front of it.
"""

from .explore import Direct, Explored
from .values import Ref, Unsupported, Who

__all__ = ["Direct", "Explored", "Ref", "Unsupported", "Who"]
