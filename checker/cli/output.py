# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Where results go. Every place is tried before a search starts: an hour's work is not lost to a typing error."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from .problems import Problem, system_problem


@contextmanager
def named(name: str) -> Generator[None]:
    """What the operating system refuses inside is told with this name: a full disk has none of its own."""
    try:
        yield
    except OSError as error:
        if error.errno in (None, errno.EPIPE) or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, name) from error


@contextmanager
def whole(path: Path) -> Generator[None]:
    """A file that is written inside is there as a whole, or not at all."""
    try:
        with named(str(path)):
            yield
    except OSError:
        path.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class Document:
    """A file, or standard output for ``-``."""

    path: Path | None

    @property
    def is_standard_output(self) -> bool:
        return self.path is None

    def write(self, text: str) -> None:
        """The whole text or nothing: a reader never finds half a document in a regular file."""
        if self.path is None:
            click.echo(text, nl=False)
            return
        with named(str(self.path)):
            self._write(self.path, text)

    def _write(self, path: Path, text: str) -> None:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            path.write_text(text, encoding="utf-8")  # a pipe or a device
            return
        target = path.resolve()  # through a symbolic link, which stays one
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(name, _mode(target))
            os.replace(name, target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _mode(target: Path) -> int:
    """The mode the file has, or a new file would get (mkstemp makes it private)."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def document(name: str | None) -> Document | None:
    """The place an option such as ``--json`` names, known to be writable. None where it was not given."""
    if name is None:
        return None
    if name == "-":
        return Document(None)
    _check_given(name, "a file, or - for standard output")
    path = Path(name)
    if path.is_dir():
        raise Problem("is a directory, and a file is needed here", "name a file in it", name)
    if path.exists():
        if not os.access(path, os.W_OK):
            raise Problem("cannot be written", "check the permissions", name)
        if not path.is_file():
            return Document(path)
    if not path.resolve().parent.is_dir():
        raise Problem(f'there is no folder "{path.parent}"', "make it first", name)
    _try_folder(path.resolve().parent, name)
    return Document(path)


def report_folder(name: str | None) -> Path | None:
    """The folder of ``--report``, made if it is missing and known to be writable."""
    if name is None:
        return None
    _check_given(name, "a folder")
    path = Path(name)
    if path.exists() and not path.is_dir():
        raise Problem("is a file, and a report needs a folder", "name a folder; it is made if it is missing", name)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(error, "the report folder cannot be made", name) from error
    _try_folder(path, name)
    return path


def _check_given(name: str, what: str) -> None:
    if not name.strip():
        raise Problem("the name of a place to write to is empty", f"name {what}")


def _try_folder(folder: Path, name: str) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _refused(error, "cannot be written", name) from error


def _refused(error: OSError, what: str, name: str) -> Problem:
    problem = system_problem(error)
    return Problem(f"{what}: {problem.message}", problem.advice or "name another place", name)
