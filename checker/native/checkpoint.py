# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A search kept in a folder, so that another process can go on with it after this one was killed at any moment.

States, parents and levels only grow at their ends. So each checkpoint writes what is new into one more *segment* file,
and then the *header*, which names all segments with their check sums and holds the few numbers that change. The header
comes under its name by an atomic rename after everything is on the disk: whatever happens in between, the folder holds
the checkpoint before or the one after. All that is written over a search is its states once.

The search is the same for any threads and pauses (runtime/search.c), so going on from a pause gives the same answer.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import IO

from ..engine import Keeping
from ..selection import BadRequest
from .header import FORMAT, NOTHING, Head, Identity, Rows, Segment, compare, damaged, identity_of, read, text
from .library import PARTS, Saved, Search
from .unit import Unit

HEADER, LOCK = "checkpoint", "lock"
SEGMENT = re.compile(r"states-\d{6}")
SHARE = 20  # of the time at most 1 / SHARE goes into writing, unless the user's interval asks for more
PIECE = 1 << 24  # bytes: check sum and writing take turns in the processor's cache's favour


@dataclass
class Keeper:
    """The checkpoints of one search in a folder, which it has to itself until it is closed."""

    keeping: Keeping
    identity: Identity
    _lock: IO[bytes]
    _head: Head | None  # the last that was written or read
    _named: int = 0  # the number in the name of the next segment
    _due: float = 0.0
    remarks: list[str] = field(default_factory=list[str])

    def close(self) -> None:
        self._lock.close()

    def restore(self, search: Search) -> bool | None:
        """Fill a search that has not begun: True if there was something to resume, None if the memory is not enough."""
        self._wait(0.0)
        if self._head is None:
            if self.keeping.resume:
                self.remarks.append(f"nothing to resume in {self.keeping.folder}: the search begins at the beginning")
            return False
        if not self._fill(search, self._head):
            return None
        self._named = 1 + max(int(segment.name[-6:]) for segment in self._head.segments)
        states = sum(part[0] for part in self._head.parts)
        self.remarks.append(f"resumed from {self.keeping.folder}: {states:,} states, depth {self._head.depth}")
        return True

    def now_and_then(self, search: Search) -> str:
        """A checkpoint if one is due. Returns what has to be told, or nothing; the search goes on in any case."""
        return self.write(search) if time.monotonic() >= self._due else ""

    def write(self, search: Search) -> str:
        """A checkpoint of a search that pauses or is done. Returns why there is none, in one sentence, or nothing."""
        begin = time.monotonic()
        try:
            if not self._is_written(search):
                self._write(search)
        except OSError as error:
            why = f"no checkpoint in {self.keeping.folder}: {error.strerror}"
            if self._head:
                why += "; the one before is whole"
            if why not in self.remarks:
                self.remarks.append(why)
            return why
        finally:
            self._wait(time.monotonic() - begin)
        return ""

    def _is_written(self, search: Search) -> bool:
        return self._head is not None and self._head.parts == _numbers([search.saved(p) for p in range(PARTS)])

    def _wait(self, cost: float) -> None:
        self._due = time.monotonic() + max(self.keeping.seconds, cost * SHARE)

    def _write(self, search: Search) -> None:
        folder, depth = self.keeping.folder, search.count().depth
        parts = [search.saved(p) for p in range(PARTS)]
        segments = self._head.segments if self._head else ()
        before = segments[-1] if segments else NOTHING
        upto = Rows(tuple(p.count for p in parts), depth)
        # A name is used once: if we are interrupted around the rename, the header may name this one or not.
        path, fresh = folder / f"states-{self._named:06}", folder / f"{HEADER}.new"
        self._named += 1
        try:
            with path.open("wb") as file:
                found = _write_summed(file, _pieces(search, parts, before, upto))
                _settle(file)
            segment = Segment(path.name, upto.states, depth, found)
            head = _head(search, self.identity, (*segments, segment), depth, parts)
            with fresh.open("wb") as file:
                file.write(text(head))
                _settle(file)
            _settle_folder(folder)
        except BaseException:
            _remove(path)
            _remove(fresh)
            raise
        fresh.replace(folder / HEADER)
        self._head = head
        _settle_folder(folder)

    def _fill(self, search: Search, head: Head) -> bool:
        library, handle = search.library, search.handle
        if not library.svm_restore_levels(handle, head.depth):
            return False
        parts = [Saved(0, 0, *numbers) for numbers in head.parts]
        for number, part in enumerate(parts):
            if not library.svm_restore_part(handle, number, ctypes.byref(part)):
                return False
        before: Rows | Segment = NOTHING
        for segment in head.segments:
            _read_segment(self.keeping.folder / segment.name, segment.sum, _pieces(search, parts, before, segment))
            before = segment
        search.restore_seen(bytes.fromhex(head.taken), head.settled, head.violations)
        return bool(library.svm_restored(handle))


def open_keeper(keeping: Keeping, unit: Unit) -> Keeper:
    """For the only program of a unit. Raises OSError, or BadRequest if the folder is in use or its checkpoint does not
    fit."""
    folder, identity = keeping.folder, identity_of(unit)
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / LOCK).open("ab")
    try:
        _claim(lock, folder)
        head = read(folder / HEADER)
        if head is not None and not keeping.resume:
            advice = "add --resume to go on with it, name another folder, or remove it"
            raise BadRequest("there is a checkpoint already", advice, str(folder))
        if head is not None:
            compare(head.identity, identity, folder)
        _tidy(folder, head)
    except BaseException:
        lock.close()
        raise
    return Keeper(keeping, identity, lock, head)


def _claim(lock: IO[bytes], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadRequest("another search keeps its checkpoints there", "name another folder", str(folder)) from None


def _tidy(folder: Path, head: Head | None) -> None:
    """Removes segments that no header names: the process was killed before it wrote one."""
    named = {segment.name for segment in head.segments} if head else set[str]()
    for path in folder.iterdir():
        if SEGMENT.fullmatch(path.name) and path.name not in named:
            _remove(path)


def _head(search: Search, identity: Identity, segments: tuple[Segment, ...], depth: int, parts: list[Saved]) -> Head:
    settled = search.count().settled
    return Head(FORMAT, identity, segments, depth, _numbers(parts), search.violations(), search.taken().hex(), settled)


def _numbers(parts: list[Saved]) -> tuple[tuple[int, ...], ...]:
    return tuple((p.count, p.begin, p.end, p.cursor, p.transitions) for p in parts)


# ---- files


def _pieces(search: Search, parts: list[Saved], before: Rows | Segment, upto: Rows | Segment) -> Iterator[memoryview]:
    """The memory a segment is a copy of, in the order of the file."""
    words = search.numbering.packing.words
    for part, begin, end in zip(parts, before.states, upto.states, strict=True):
        for address, size in ((part.states, 8 * words), (part.parents, 4)):
            yield from _memory((address or 0) + begin * size, (end - begin) * size)
    row = 4 * PARTS
    levels = search.library.svm_levels(search.handle) or 0
    yield from _memory(levels + before.levels * row, (upto.levels - before.levels) * row)


def _memory(address: int, size: int) -> Iterator[memoryview]:
    for at in range(0, size, PIECE):
        piece = (ctypes.c_ubyte * min(PIECE, size - at)).from_address(address + at)
        yield memoryview(piece).cast("B")


def _write_summed(file: IO[bytes], pieces: Iterator[memoryview]) -> int:
    """Returns the check sum."""
    found = 0
    for piece in pieces:
        file.write(piece)
        found = zlib.crc32(piece, found)
    return found


def _read_summed(file: FileIO, pieces: Iterator[memoryview]) -> int | None:
    """Fills the pieces. Returns the check sum, or None if the file is not exactly as long as all of them."""
    found = 0
    for piece in pieces:
        if file.readinto(piece) != len(piece):
            return None
        found = zlib.crc32(piece, found)
    return None if file.read(1) else found


def _read_segment(path: Path, wanted: int, pieces: Iterator[memoryview]) -> None:
    try:
        with FileIO(path) as file:
            if _read_summed(file, pieces) != wanted:
                raise damaged(path)
    except FileNotFoundError:
        raise damaged(path) from None


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _settle_folder(folder: Path) -> None:
    """New names in a folder are on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        pass  # what is left over is named by no header, and goes when the folder is next used
