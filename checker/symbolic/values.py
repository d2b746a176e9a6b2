# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Values that depend on the state, as literals of a circuit.

A number is its *cases*: for each integer it may be, the literal that says it is that one. Any operation is then done
by Python on the integers themselves, so negative numbers, ``//`` and ``%`` mean what they mean in Python, and an
operation with a constant costs nothing. A set is its *bits*, because it has too many values to list.

Where the IR says "some value of the domain" (a load outside its array, a division by zero), there is no case at all:
every comparison is then false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .circuit import FALSE, TRUE, Circuit

Cases = Mapping[int, int]
Bits = tuple[int, ...]  # the least significant one first; none means the empty set

MOST_PAIRS = 40_000  # of cases that one operation may combine: a second's work, and far above real protocols
MOST_LISTED_BITS = 8  # a larger set is not turned into a number


class Unsupported(Exception):
    """The program is beyond this engine. The argument is one sentence that says what of it."""


def constant(value: int) -> Cases:
    return {value: TRUE}


def of_truth(literal: int) -> Cases:
    return {value: part for value, part in ((0, -literal), (1, literal)) if part != FALSE}


def truth_of(circuit: Circuit, cases: Cases) -> int:
    """Whether the number is not 0."""
    if set(cases) == {0, 1}:
        return cases[1]
    return circuit.any_of(literal for value, literal in cases.items() if value)


def gather(circuit: Circuit, parts: Mapping[int, list[int]]) -> Cases:
    """The cases of which each is true if one of its literals is."""
    joined = ((v, found[0] if len(found) == 1 else circuit.any_of(found)) for v, found in parts.items())
    cases = {value: literal for value, literal in joined if literal != FALSE}
    if len(cases) > 2:
        circuit.exclusive(cases.values())
    return cases


def apply_one(circuit: Circuit, function: Callable[[int], int], arg: Cases) -> Cases:
    parts: dict[int, list[int]] = {}
    for value, literal in arg.items():
        parts.setdefault(int(function(value)), []).append(literal)
    return gather(circuit, parts)


def apply_two(circuit: Circuit, function: Callable[[int, int], int], left: Cases, right: Cases) -> Cases:
    """The result of every pair of cases; a pair for which the function has none is left out."""
    if len(left) * len(right) > MOST_PAIRS:
        raise Unsupported(f"an operation on numbers of {len(left):,} and {len(right):,} values")
    parts: dict[int, list[int]] = {}
    for a, is_a in left.items():
        for b, is_b in right.items():
            both = circuit.all_of((is_a, is_b))
            if both == FALSE:
                continue
            try:
                parts.setdefault(int(function(a, b)), []).append(both)
            except (ArithmeticError, ValueError):
                continue
    return gather(circuit, parts)


def compare(circuit: Circuit, holds: Callable[[int, int], bool], left: Cases, right: Cases) -> int:
    """The literal that says that the comparison holds."""
    if len(left) * len(right) > MOST_PAIRS:
        raise Unsupported(f"a comparison of numbers of {len(left):,} and {len(right):,} values")
    if len(left) > len(right):
        return compare(circuit, lambda a, b: holds(b, a), right, left)
    return circuit.any_of(
        circuit.all_of((is_a, circuit.any_of(is_b for b, is_b in right.items() if holds(a, b))))
        for a, is_a in left.items()
    )


def choose(circuit: Circuit, options: Sequence[tuple[int, Cases]]) -> Cases:
    """The value of the option whose test is true. At most one test may be."""
    if len(options) == 1 and options[0][0] == TRUE:
        return options[0][1]
    parts: dict[int, list[int]] = {}
    for test, cases in options:
        for value, literal in cases.items():
            parts.setdefault(value, []).append(circuit.all_of((test, literal)))
    return gather(circuit, parts)


# ---- sets


def bits_of_constant(members: int) -> Bits:
    return tuple(TRUE if members >> bit & 1 else FALSE for bit in range(members.bit_length()))


def bits_of_cases(circuit: Circuit, cases: Cases) -> Bits:
    width = max((value.bit_length() for value in cases), default=0)
    return tuple(
        circuit.any_of(literal for value, literal in cases.items() if value >> bit & 1) for bit in range(width)
    )


def cases_of_bits(circuit: Circuit, bits: Bits) -> Cases:
    varying = sum(bit not in (TRUE, FALSE) for bit in bits)
    if varying > MOST_LISTED_BITS:
        raise Unsupported(f"a set of {varying} elements used as a number")
    result = {0: TRUE}
    for number, bit in enumerate(bits):
        split = ((value | into << number, circuit.all_of((literal, bit if into else -bit)))
                 for value, literal in result.items() for into in (0, 1))  # fmt: skip
        result = {value: literal for value, literal in split if literal != FALSE}
    circuit.exactly_one(result.values())
    return result


def padded(*sets: Bits) -> list[Bits]:
    width = max(len(bits) for bits in sets)
    return [bits + (FALSE,) * (width - len(bits)) for bits in sets]


def equal_bits(circuit: Circuit, left: Bits, right: Bits) -> int:
    pairs = zip(*padded(left, right), strict=True)
    return circuit.all_of(circuit.choose(a, b, -b) for a, b in pairs)


def compare_bits(circuit: Circuit, op: str, bits: Bits, number: Cases) -> int:
    """A comparison of a set, as the integer that stands for it, with a number."""

    def holds(value: int) -> int:
        match op:
            case "==":
                return circuit.all_of((_at_most(circuit, bits, value), -_at_most(circuit, bits, value - 1)))
            case "<=":
                return _at_most(circuit, bits, value)
            case ">=":
                return -_at_most(circuit, bits, value - 1)
            case "<":
                return _at_most(circuit, bits, value - 1)
            case ">":
                return -_at_most(circuit, bits, value)
            case _:
                return -circuit.all_of((_at_most(circuit, bits, value), -_at_most(circuit, bits, value - 1)))

    return circuit.any_of(circuit.all_of((literal, holds(value))) for value, literal in number.items())


def _at_most(circuit: Circuit, bits: Bits, most: int) -> int:
    if most < 0:
        return FALSE
    result = TRUE
    for number in range(max(len(bits), most.bit_length())):
        bit = bits[number] if number < len(bits) else FALSE
        result = circuit.any_of((-bit, result)) if most >> number & 1 else circuit.all_of((-bit, result))
    return result


def popcount(circuit: Circuit, bits: Bits) -> Cases:
    total: Cases = constant(0)
    for bit in bits:
        total = apply_two(circuit, lambda a, b: a + b, total, of_truth(bit))
    return total
