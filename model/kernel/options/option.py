# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""One option: a field of a frozen dataclass with a default and a sentence that says what it decides."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

T = TypeVar("T")

SENTENCE = "sentence"


def option(default: T, sentence: str) -> T:
    """The default value for a dataclass field; the sentence is kept in the field's metadata."""
    made: T = dataclasses.field(default=default, metadata={SENTENCE: sentence})
    return made
