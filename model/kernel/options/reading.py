# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A kernel's options that note which of them are read."""

from __future__ import annotations

from dataclasses import fields

from . import Config

NAMES = frozenset(field.name for field in fields(Config))


class ReadingConfig(Config):
    """Equal in all values; whatever is read of it is entered into a set. Slower than a Config."""

    def __getattribute__(self, name: str) -> object:
        if name in NAMES:
            vars(self)["_reads"].add(name)
        return super().__getattribute__(name)


def reading(config: Config, reads: set[str]) -> Config:
    """The same options, which enter their names into ``reads`` as they are read."""
    made = ReadingConfig(**vars(config))
    vars(made)["_reads"] = reads
    return made
