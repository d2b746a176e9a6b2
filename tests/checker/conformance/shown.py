# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A counterexample of a protocol, driven through the executable kernel."""

from __future__ import annotations

from collections.abc import Mapping

from svmcheck.checker.conformance.conform import chosen_for, view_of
from svmcheck.checker.conformance.counterexample import counterexample
from svmcheck.checker.conformance.drive import Driven, drive
from svmcheck.checker.conformance.view import View
from svmcheck.checker.reference.engine import ReferenceEngine
from svmcheck.model.kernel.abstraction import Abstraction
from svmcheck.model.run import Schedule


def violating(view: View, property: str) -> Schedule:
    found = counterexample(view.program, property, ReferenceEngine())
    assert found is not None
    return found


def shown(
    abstraction: Abstraction, property: str, options: Mapping[str, str], sizes: Mapping[str, int]
) -> Driven:
    view = view_of(abstraction, chosen_for(abstraction, options, sizes))
    driven = drive(view, violating(view, property), property, options, sizes)
    assert isinstance(driven, Driven), driven
    return driven
