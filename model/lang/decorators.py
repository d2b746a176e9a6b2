# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What marks a function of a protocol file: actor, first state, property, helper."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast, overload

from .declare import Pid, Record, Size

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., object])
MARK = "__svmcheck__"
CONTRACT = "__svmcheck_contract__"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a decorator says of a function. ``role`` is the decorator's name."""

    role: str
    count: int | Size = 1
    on: Record | None = None
    preemptible: bool = True


@dataclass(frozen=True, slots=True)
class Contract:
    """The locks a function takes from, or leaves to, its caller: expressions over its parameters."""

    releases: tuple[str, ...] = ()
    acquires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Never:
    """After the mark ``after``, the mark ``then`` must not be passed, until the mark ``until``."""

    after: str
    then: str
    until: str | None = None


class Misused(Exception):
    """A word of the declarations with something it does not take."""

    def __init__(self, word: str, what: str) -> None:
        super().__init__(what)
        self.word = word


class Actors:
    """An actor of the protocol. Iterating gives the ids of its instances."""

    def __init__(self, function: Callable[..., object], mark: Mark) -> None:
        self.function = function
        self.mark = mark
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__

    def __iter__(self) -> Iterator[Pid]:
        raise RuntimeError("a protocol is compiled, never run")

    def __len__(self) -> int:
        raise RuntimeError("a protocol is compiled, never run")


def _marked(function: F, mark: Mark) -> F:
    setattr(function, MARK, mark)
    return function


def mark_of(value: object) -> Mark | None:
    """The mark a decorator left, or None."""
    mark = value.mark if isinstance(value, Actors) else getattr(value, MARK, None)
    return mark if isinstance(mark, Mark) else None


def _agreed(function: F, more: Contract) -> F:
    known = contract_of(function) or Contract()
    contract = Contract((*known.releases, *more.releases), (*known.acquires, *more.acquires))
    setattr(function, CONTRACT, contract)
    return function


def contract_of(value: object) -> Contract | None:
    """What ``releases`` and ``acquires`` left, or None."""
    contract = getattr(value, CONTRACT, None)
    return contract if isinstance(contract, Contract) else None


@overload
def process(count: Callable[..., None], /) -> Actors: ...
@overload
def process(
    count: int | Size = 1, /, *, on: Record | None = None, preemptible: bool = True
) -> Callable[[Callable[..., None]], Actors]: ...
def process(count: Any = 1, /, *, on: Record | None = None, preemptible: bool = True) -> Any:
    """An actor: ``count`` instances run the function once. ``on``: the CPU slot they share."""
    if callable(count):
        return Actors(count, Mark("process"))

    def mark(function: Callable[..., None]) -> Actors:
        return Actors(function, Mark("process", count, on, preemptible))

    return mark


def initial(function: F) -> F:
    """Sets up the first state; ``choose`` in it gives several."""
    return _marked(function, Mark("initial"))


def invariant(function: F) -> F:
    """One expression that holds in every reachable state; parameters after the world are quantified over."""
    return _marked(function, Mark("invariant"))


def balance(function: F) -> F:
    """One expression that holds whenever every actor has ended or rests."""
    return _marked(function, Mark("balance"))


def always_eventually(function: F) -> F:
    """One expression that is true again and again on every fair run."""
    return _marked(function, Mark("always-eventually"))


def leads_to(function: F) -> F:
    """``return premise, conclusion``: whenever the premise holds, every fair run reaches the conclusion."""
    return _marked(function, Mark("leads-to"))


def pure(function: F) -> F:
    """One expression without a step, for conditions: ``wait``, invariants and other pure functions may use it."""
    return _marked(function, Mark("pure"))


def section(function: Callable[P, Iterator[None]]) -> Callable[P, contextlib.AbstractContextManager[None]]:
    """What is done before and after a ``with`` block, around exactly one ``yield``."""
    return cast("Any", _marked(function, Mark("section")))


def releases(*locks: str) -> Callable[[F], F]:
    """Contract: every path through the function releases these locks of its caller: ``@releases("m.ptl")``."""
    return lambda function: _agreed(function, Contract(releases=locks))


def acquires(*locks: str) -> Callable[[F], F]:
    """Contract: every path through the function returns with these locks held."""
    return lambda function: _agreed(function, Contract(acquires=locks))


def never(*, after: str, then: str, until: str | None = None) -> Never:
    """A property over ``cover`` marks; its name is the name it is assigned to."""
    labels: dict[str, object] = {"after": after, "then": then, **({} if until is None else {"until": until})}
    wrong = next((name for name, label in labels.items() if not isinstance(label, str)), None)
    if wrong is not None:
        raise Misused("never", f"'{wrong}' of never() is no label of a cover() in quotes")
    return Never(after, then, until)
