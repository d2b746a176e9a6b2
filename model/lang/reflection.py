# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Annotations that an author wrote, evaluated: the expression may be wrong in any way Python knows."""

from __future__ import annotations

from typing import Any, get_type_hints


def hints_of(annotated: Any) -> tuple[dict[str, object], str]:
    """The hints of a function or class by name, and why they cannot be had: one of the two is empty."""
    try:
        return get_type_hints(annotated), ""
    except Exception as error:  # noqa: BLE001 - evaluates expressions of the author
        return {}, str(error) or type(error).__name__
