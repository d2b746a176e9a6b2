# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Loading a protocol file: parse it, execute the same tree for its declarations, and list what it declares."""

from __future__ import annotations

import ast
import importlib
import sys
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ..ir.program import Frame
from .declarations import check_declarations
from .diagnostics import Diagnostic, ProtocolError
from .python_errors import told
from .source import SourceFile, Sources, display, refuse, syntax_error, whole_file
from .twice import defined_twice
from .worlds import WorldInfo, worlds_of


@dataclass(frozen=True)
class Protocol:
    path: str
    doc: str
    worlds: dict[str, WorldInfo]
    sources: Sources
    file: SourceFile


def load_protocol(path: str | Path) -> Protocol:
    """Read a protocol file. Raises ProtocolError with every diagnostic found in its declarations."""
    full = Path(path).absolute()
    name = display(full) if Path(path).is_absolute() else str(path)
    sources = Sources(full.parent.resolve())
    file = sources.add(full, name)
    module = _execute(file, full, sources)
    found, problems = worlds_of(module, file)
    problems += check_declarations(module, file)
    problems += defined_twice(file)
    if problems:
        raise ProtocolError(problems)
    worlds = {w.name: w for w in found}
    if not worlds:
        raise refuse(
            "SVM101",
            "no world in this file",
            whole_file(name),
            "declare the shared state: 'class MyProtocol(World): ...'",
        )
    return Protocol(name, ast.get_docstring(file.tree) or "", worlds, sources, file)


def _execute(file: SourceFile, full: Path, sources: Sources) -> ModuleType:
    """Run the declarations. A file of this package runs as the module it is, so that relative imports resolve."""
    name = _package_name(full)
    if name is not None:
        try:
            module = importlib.import_module(name)
        except Exception as error:
            raise _failed(file, full, error) from error
        if Path(module.__file__ or "").resolve() == full.resolve():
            sources.files[str(module.__file__)] = file
            return module
    module = ModuleType(f"svmcheck_protocol_{full.stem}")
    module.__file__ = str(full)
    sys.modules[module.__name__] = module
    sys.path.insert(0, str(full.parent))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # what it warns of is refused with a place further down
            exec(compile(file.tree, str(full), "exec"), module.__dict__)  # a protocol file is the user's own code
    except Exception as error:
        raise _failed(file, full, error) from error
    finally:
        sys.path.remove(str(full.parent))
    return module


def _package_name(full: Path) -> str | None:
    """The dotted name of a file inside this package, or None."""
    root = Path(__file__).resolve().parent.parent
    try:
        inside = full.resolve().relative_to(root)
    except ValueError:
        return None
    return ".".join([__name__.rsplit(".", 2)[0], *inside.with_suffix("").parts])


def _failed(file: SourceFile, full: Path, error: Exception) -> ProtocolError:
    if isinstance(error, ProtocolError):
        return error
    if isinstance(error, SyntaxError) and error.filename == str(full):
        return syntax_error(file.name, error)
    line = 1
    for entry in traceback.extract_tb(error.__traceback__):
        if entry.filename == str(full):
            line = entry.lineno or 1
    text = file.lines[line - 1] if line <= len(file.lines) else ""
    start = len(text) - len(text.lstrip()) + 1
    frame = Frame(file.name, line, start, line, max(start + 1, len(text) + 1), "")
    what, advice = told(error)
    return ProtocolError((Diagnostic("SVM102", what, frame, advice),))
