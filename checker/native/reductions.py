# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Which reductions a search uses: those asked for that keep every property asked for and that find something to do.

Both keep the violations of checks and invariants, deadlock, covers, and which steps are ever taken. Neither keeps what
fairness is about (liveness, partial deadlock): a search for such a property sees every state, and a note says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...model.ir.program import Program
from ...model.ir.properties import Property
from ..independence.ample import Ample, ample_locations
from ..reductions import PARTIAL_ORDER, SYMMETRY, UNASKED
from ..verdicts import needs_graph
from .spaces import Spaces, find_spaces


@dataclass(frozen=True)
class Plan:
    """What a search is reduced by; ``notes`` tell the user, one sentence each."""

    spaces: Spaces | None = None
    ample: Ample | None = None
    notes: tuple[str, ...] = ()

    @property
    def reduces(self) -> bool:
        return self.spaces is not None or self.ample is not None


WHOLE = Plan()


def plan(program: Program, properties: tuple[Property, ...], asked: frozenset[str] | None) -> Plan:
    """``asked``: names out of REDUCTIONS; None for the usual ones, and silence where they are not used."""
    wanted = UNASKED if asked is None else asked
    lost = next((p.name for p in properties if needs_graph(p)), None)
    if lost is not None:
        why = f"reduction was switched off: it does not keep {lost} and properties like it"
        return Plan(notes=(why,) if asked else ())
    found = [_symmetry(program)] if SYMMETRY in wanted else []
    found += [_partial_order(program)] if PARTIAL_ORDER in wanted else []
    told = (note for part in found for note in part.notes if part.reduces or asked)
    spaces = next((part.spaces for part in found if part.spaces), None)
    ample = next((part.ample for part in found if part.ample), None)
    return Plan(spaces, ample, tuple(told))


def _symmetry(program: Program) -> Plan:
    spaces = find_spaces(program)
    left_out = tuple(f"{name} is left out of symmetry reduction: too many renamings" for name in spaces.left_out)
    if not spaces.names:
        nothing = "symmetry reduction does nothing here: no processes or slots are interchangeable"
        return Plan(notes=(*left_out, nothing))
    note = f"states are counted up to symmetry of {', '.join(spaces.names)} ({spaces.renamings} renamings)"
    return Plan(spaces, notes=(note, *left_out))


def _partial_order(program: Program) -> Plan:
    ample = ample_locations(program)
    if ample.why_not:
        return Plan(notes=(f"partial-order reduction was switched off: {ample.why_not}",))
    count = sum(map(len, ample.places))
    if not count:
        return Plan(notes=("partial-order reduction does nothing here: every step may depend on another process",))
    total = sum(len(process.locations) for process in program.processes)
    note = (
        f"partial-order reduction: steps from {count} of {total} locations are not always interleaved;"
        " a counterexample may be longer than the shortest"
    )
    return Plan(ample=ample, notes=(note,))
