# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Source files: read once as bytes, parsed once; the same tree is executed for the declarations and compiled."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType

from ..ir.program import Frame
from .diagnostics import Diagnostic, ProtocolError


@dataclass(frozen=True, eq=False)
class SourceFile:
    """``name`` is what reports print: the path as the user gave it. Functions are found by (first line, name)."""

    name: str
    lines: tuple[str, ...]
    tree: ast.Module
    functions: dict[tuple[int, str], ast.FunctionDef] = field(default_factory=dict[tuple[int, str], ast.FunctionDef])

    def frame(self, node: ast.AST, function: str = "") -> Frame:
        """The place of a node; the parser counts columns in UTF-8 bytes from 0, a Frame in characters from 1."""
        line, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", None)
        end = end or line
        start = self._column(line, getattr(node, "col_offset", 0))
        stop = self._column(end, getattr(node, "end_col_offset", None) or getattr(node, "col_offset", 0))
        return Frame(self.name, line, start, end, stop, function)

    def text(self, node: ast.AST) -> str:
        """The source of a node on one line."""
        frame = self.frame(node)
        if frame.line == frame.end_line:
            return self.lines[frame.line - 1][frame.column - 1 : frame.end_column - 1]
        return self.lines[frame.line - 1][frame.column - 1 :].strip()

    def head(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None, function: str = "") -> Frame:
        """The line that begins a definition, without its body; the first line of the file if it cannot be found."""
        if node is None:
            return whole_file(self.name)
        text = self.lines[node.lineno - 1].rstrip()
        column = self._column(node.lineno, node.col_offset)
        return Frame(self.name, node.lineno, column, node.lineno, max(column + 1, len(text) + 1), function)

    def attribute(self, cls: str, name: str | None) -> Frame:
        """Where a class of this file declares an attribute; the class itself if it is not found there."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef) and node.name == cls:
                parts = (p for p in node.body if name in declared_names(p))
                return next((self.frame(p) for p in parts), self.head(node))
        return whole_file(self.name)

    def _column(self, line: int, offset: int) -> int:
        if not 0 < line <= len(self.lines):
            return 1
        return len(self.lines[line - 1].encode()[:offset].decode(errors="replace")) + 1


def declared_names(statement: ast.stmt) -> list[str]:
    """The names that a statement in the body of a class assigns."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
    return [t.id for t in targets if isinstance(t, ast.Name)]


def whole_file(name: str, line: int = 1, column: int = 1) -> Frame:
    return Frame(name, line, column, line, column + 1, "")


def refuse(code: str, headline: str, frame: Frame, advice: str) -> ProtocolError:
    return ProtocolError((Diagnostic(code, headline, frame, advice),))


def parse_source(path: Path, name: str) -> SourceFile:
    """Read and parse a file. Raises ProtocolError (SVM001 to SVM004) where that fails."""
    data = _read(path, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8-sig")) + 1
        raise refuse(
            "SVM002",
            f"not UTF-8: byte 0x{data[error.start]:02x}",
            whole_file(name, line, column),
            "save the file as UTF-8",
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(text, filename=str(path))
    except SyntaxError as error:
        raise syntax_error(name, error) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise refuse(
            "SVM003",
            f"cannot be parsed: {error or type(error).__name__}",
            whole_file(name),
            "the file must be Python source text",
        ) from error
    source = SourceFile(name, tuple(re.split(r"\r\n|\r|\n", text)), tree)  # as the parser counts lines
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            source.functions[first, node.name] = node
    return source


def syntax_error(name: str, error: SyntaxError) -> ProtocolError:
    line, column = error.lineno or 1, max(1, error.offset or 1)
    end_line, end = error.end_lineno or line, error.end_offset or 0
    end = max(end, 1) if (end_line, end) > (line, column) else column + 1
    frame = Frame(name, line, column, max(line, end_line), end, "")
    return refuse("SVM003", f"not valid Python: {error.msg}", frame, "fix the syntax; a protocol is ordinary Python")


def _read(path: Path, name: str) -> bytes:
    where = whole_file(name)
    if path.is_dir():
        raise refuse("SVM001", "this is a directory, not a protocol file", where, "name one .py file inside it")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise refuse(
            "SVM001", "no such file", where, "check the path; 'svmcheck list' names the shipped protocols"
        ) from error
    except OSError as error:
        raise refuse(
            "SVM001", f"cannot be read: {error.strerror}", where, "check the file and its permissions"
        ) from error


class Sources:
    """All files a protocol is made of, by the path Python knows them under."""

    def __init__(self, folder: Path) -> None:
        """``folder``: where the protocol file lies; the files beside it and those of this package belong to it."""
        self.files: dict[str, SourceFile] = {}
        self.roots = (folder, Path(__file__).resolve().parents[2])

    def add(self, path: Path, name: str) -> SourceFile:
        source = self.files[str(path)] = parse_source(path, name)
        return source

    def of(self, function: FunctionType) -> tuple[SourceFile, ast.FunctionDef] | None:
        """The file and definition of a function, or None if it is of another library, or if the text no longer has it
        where Python saw it."""
        code = function.__code__
        source = self.files.get(code.co_filename)
        if source is None:
            path = Path(code.co_filename)
            if not path.is_file() or not any(path.resolve().is_relative_to(root) for root in self.roots):
                return None
            source = self.add(path, display(path))
        node = source.functions.get((code.co_firstlineno, code.co_name))
        return None if node is None else (source, node)


def display(path: Path) -> str:
    """A path as reports print it: within the package from its root, else from the working directory if inside it."""
    try:
        return str(path.resolve().relative_to(Path(__file__).resolve().parents[2]))
    except ValueError:
        pass
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
