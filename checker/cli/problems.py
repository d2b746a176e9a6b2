# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What a user is told when something cannot be done, and the exit status that goes with it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import IO, TYPE_CHECKING, Any

import click

from ...model.lang.diagnostics import ProtocolError
from ...specs.catalogue.entry import CatalogueError
from ..selection import BadRequest
from .console import console

if TYPE_CHECKING:
    from ...model.ir.program import Program
    from ...model.lang.diagnostics import Diagnostic
    from ..selection import Selection


class Status(IntEnum):
    """The exit status of every command."""

    GOOD = 0
    BAD = 1  # a violation, or an expectation missed
    INPUT = 2  # the question cannot be asked
    UNDECIDED = 3
    INTERNAL = 70  # EX_SOFTWARE of sysexits.h
    INTERRUPTED = 130  # 128 + SIGINT, as a shell has it
    PIPE = 141  # 128 + SIGPIPE


class Problem(click.ClickException):
    """Something the user can put right: where, what, what to do."""

    exit_code = Status.INPUT

    def __init__(self, what: str, advice: str = "", where: str = "") -> None:
        super().__init__(what)
        self.advice, self.where = advice, where

    def format_message(self) -> str:
        where = f"{self.where}: " if self.where else ""
        advice = f"\nhelp: {self.advice}" if self.advice else ""
        return f"{where}error: {self.message}{advice}"

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), file=file or sys.stderr)


class Problems(click.ClickException):
    """Several at once, an empty line between two."""

    exit_code = Status.INPUT

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n\n".join(p.format_message() for p in problems))

    def format_message(self) -> str:
        return self.message

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file or sys.stderr)


def notice(text: str) -> None:
    """One line that is no result: standard error, so that standard output stays clean."""
    click.echo(f"note: {text}", err=True)


def said(error: Exception) -> Exception:
    """The same failure as something to show to a user, or the exception itself where it is none of theirs."""
    if isinstance(error, ProtocolError):
        return BadProtocol(error)
    if isinstance(error, CatalogueError):
        return Problems([Problem(e.what, e.advice, str(e.place)) for e in error.all])
    if isinstance(error, BadRequest):
        return Problems([Problem(e.what, e.advice, e.where) for e in (error, *error.others)])
    if isinstance(error, MemoryError):
        advice = "smaller sizes need less, and --memory or --states end a search in time"
        return Problem("not enough memory", advice)
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        return system_problem(error)
    return error


def system_problem(error: OSError) -> Problem:
    """What the operating system refused, and for the usual reasons what to do."""
    advice = {
        errno.ENOSPC: "make room, or write somewhere else",
        errno.EDQUOT: "make room, or write somewhere else",
        errno.EACCES: "check the permissions",
        errno.EROFS: "this file system is read-only: write somewhere else",
        errno.ENOENT: "check the path",
    }
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    return Problem(error.strerror or str(error), advice.get(error.errno or 0, ""), where)


def compiled(
    selection: Selection, *, verbose: bool = False, checking: bool = False, chosen: Iterable[str] = ()
) -> Program:
    """The program, after telling what its compiler warns of: in full where it is ``checking``, in one line elsewhere,
    where hints are left out. ``verbose``: and where it comes from. ``chosen``: the options set by hand, of which it is
    told if nothing depends on them."""
    from .progress import ProgressLine

    with ProgressLine() as line:
        line.show("compiling the protocol")
        fetched = selection.fetch()
    done = fetched.compiled
    if verbose:
        notice(f"program: {fetched.source}")
    serious = sum(w.severity == "warning" for w in done.warnings)
    if checking and done.warnings:
        tell(done.warnings, sys.stderr)
    elif serious:
        notice(f"the compiler has {serious} {'warning' if serious == 1 else 'warnings'}: 'svmcheck check' tells")
    for name in chosen:
        if name not in done.effective and not any(f"'{name}'" in w.headline for w in done.warnings):
            notice(f"the option {name} changes nothing here: with the other options as they are, no code tests it")
    for text in done.program.notes:
        notice(text)
    return done.program


def tell(diagnostics: tuple[Diagnostic, ...], stream: IO[str]) -> None:
    """Diagnostics with their source lines, in colour on a terminal."""
    from ...reports.diagnostics import plain_all, show

    if not stream.isatty():
        click.echo(plain_all(diagnostics), file=stream, nl=False)
        return
    show(console(stream), diagnostics)


class BadProtocol(click.ClickException):
    """A protocol file with errors: every one with its source line and caret."""

    exit_code = Status.INPUT

    def __init__(self, error: ProtocolError) -> None:
        super().__init__(str(error))
        self.diagnostics = error.diagnostics

    def show(self, file: IO[Any] | None = None) -> None:
        tell(self.diagnostics, file or sys.stderr)


def worst(statuses: Iterable[Status]) -> Status:
    """A violation wins over undecided, and undecided over good."""
    found = set(statuses)
    return next((s for s in (Status.BAD, Status.UNDECIDED) if s in found), Status.GOOD)
