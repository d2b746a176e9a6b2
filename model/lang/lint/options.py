# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Options of the world that no function looks at: whatever is set, the program is the same."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics import Diagnostic
from ..lowering import Result
from ..settings import Setting


def untested(setting: Setting, result: Result) -> Iterator[Diagnostic]:
    for name, option in setting.info.options.items():
        if name not in result.facts.tested:
            what, advice = f"nothing tests the option '{name}'", "take it out, or test it where the designs differ"
            file = setting.protocol.file
            yield Diagnostic("SVM508", what, file.attribute(option.cls.__name__, name), advice, severity="hint")
