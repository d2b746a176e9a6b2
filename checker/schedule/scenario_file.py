# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Scenarios in files of users: Python that imports the executable kernel, and runs when it is asked for."""

from __future__ import annotations

import linecache
import re
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import cast

from ...model.kernel.options import Config
from ...model.kernel.scenario import Scenario, Size, World, choices, collecting, option_text
from ...model.kernel.sched import Oops
from ...specs.suggest import suggest
from ..selection import BadRequest

TARGET = re.compile(r"(?P<file>.*\.py)(?::(?P<name>.*))?", re.DOTALL)
EXAMPLE = "docs/executable-kernel.md shows one"
OPTIONS = 'write: options={"NAME": ("DEFAULT", "ANOTHER")}'
SIZES = 'write: sizes={"NAME": Size(DEFAULT, LEAST, MOST)}'


def is_file(target: str) -> bool:
    """Whether these words name a file, not a shipped scenario."""
    return TARGET.fullmatch(target) is not None


def scenario_in(target: str) -> Scenario:
    """FILE.py, if there is one scenario in it, or FILE.py:NAME. Raises ``BadRequest``."""
    match = TARGET.fullmatch(target)
    assert match is not None, target
    file, name = match["file"], match["name"]
    found = _load(Path(file).resolve(), file)
    if not found:
        raise BadRequest("there is no scenario in this file", f"@scenario makes a function one: {EXAMPLE}", file)
    if name is None and len(found) > 1:
        raise BadRequest(f"there are {len(found)} scenarios in this file", f"write one of: {_all(file, found)}", file)
    if name is not None and name not in found:
        raise BadRequest(f'there is no scenario "{name}" in this file', suggest(name, found, "scenarios"), file)
    only = found[name or next(iter(found))]
    _check_defaults(only, file)
    _check_sizes(only, file)
    _check_options(only, file)
    return replace(only, file=file, build=FromFile(file, only.name))


def _all(file: str, found: Mapping[str, Scenario]) -> str:
    return ", ".join(f"{file}:{name}" for name in found)


@cache
def _load(path: Path, said: str) -> Mapping[str, Scenario]:
    """Runs the file once. The module stays known by a name of its own: workers look functions up by it."""
    name = f"svmcheck_scenarios_{sha256(str(path).encode()).hexdigest()[:16]}"
    spec = spec_from_file_location(name, path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = module_from_spec(spec)
    sys.modules[name] = module
    with collecting() as found:
        try:
            spec.loader.exec_module(module)
        except OSError as error:
            if error.filename != str(path):
                raise _blamed(error, path, said) from error
            raise BadRequest(error.strerror or str(error), "check the path", said) from None
        except SyntaxError as error:  # also what is no text
            line = f":{error.lineno}" if error.lineno else ""
            raise BadRequest(f"not Python: {error.msg}", "put it right", f"{said}{line}") from None
        except (Exception, SystemExit) as error:
            raise _blamed(error, path, said) from error
    return {key: each for key, each in found.items() if not _imported(each, name)} or found


def _imported(found: Scenario, name: str) -> bool:
    """Whether it is of another file, which this one imports."""
    home = getattr(found.build, "__module__", name)
    return home != name and any(value is found.build for value in vars(sys.modules.get(home, sys)).values())


def _place(found: Scenario, said: str) -> str:
    return f"{said}:{found.build.__code__.co_firstlineno}" if hasattr(found.build, "__code__") else said


def _check_sizes(found: Scenario, said: str) -> None:
    """What the decorator was given is whatever somebody wrote."""
    where, sizes = _place(found, said), cast("object", found.sizes)
    if not isinstance(sizes, Mapping):
        raise BadRequest(f'@scenario("{found.name}"): sizes={sizes!r}', SIZES, where)
    for name, size in cast("Mapping[object, object]", sizes).items():
        if not isinstance(name, str) or not isinstance(size, Size):
            raise BadRequest(f'@scenario("{found.name}"): the size {name!r} is {size!r}', SIZES, where)
        limits = cast("tuple[object, ...]", (size.default, size.least, size.most))
        if not all(isinstance(limit, int) for limit in limits):
            raise BadRequest(f'@scenario("{found.name}"): the size "{name}" is {size}', "write integers", where)
        if not size.least <= size.default <= size.most:
            raise BadRequest(f'@scenario("{found.name}"): the size "{name}" is {size.default} by default, and goes from'
                             f" {size.least} to {size.most}", "Size(DEFAULT, LEAST, MOST)", where)  # fmt: skip


def _check_options(found: Scenario, said: str) -> None:
    where, options = _place(found, said), cast("object", found.options)
    if not isinstance(options, Mapping):
        raise BadRequest(f'@scenario("{found.name}"): options={options!r}', OPTIONS, where)
    for name, values in cast("Mapping[object, object]", options).items():
        given = cast("tuple[object, ...]", values) if isinstance(values, tuple | list) else ()
        if not isinstance(name, str) or not given or not all(isinstance(value, str) for value in given):
            raise BadRequest(f'@scenario("{found.name}"): the option {name!r} is {values!r}', OPTIONS, where)
        taken = "an option of the kernel" if name in choices() else "a size" if name in found.sizes else ""
        if taken:
            raise BadRequest(f'@scenario("{found.name}"): "{name}" is {taken} already', "choose another name", where)


def _check_defaults(found: Scenario, said: str) -> None:
    known = choices()
    for name, value in found.defaults.items():
        where = _place(found, said)
        if name not in known:
            raise BadRequest(f'@scenario("{found.name}"): the kernel has no option "{name}"',
                             suggest(name, known, "options"), where)  # fmt: skip
        if option_text(value) not in known[name]:
            raise BadRequest(f'@scenario("{found.name}"): the option "{name}" cannot be "{value}"',
                             suggest(str(value), known[name], "values"), where)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FromFile:
    """Builds the world of a scenario in a file; another process can, too, which runs the file for itself."""

    file: str
    name: str

    def __call__(self, config: Config, sizes: Mapping[str, int], *own: Mapping[str, str]) -> World:
        """``Oops`` is a verdict; whatever else is raised is told with its line, as ``BadRequest``."""
        path = Path(self.file).resolve()
        try:
            world = cast("object", _load(path, self.file)[self.name].build(config, sizes, *own))
        except (Oops, BadRequest):
            raise
        except (Exception, SystemExit) as error:
            raise _blamed(error, path, self.file) from error
        if not isinstance(world, World):
            raise BadRequest(f'the scenario "{self.name}" returned {world!r}, not a World',
                             f"end with: return world.kernel.world() ({EXAMPLE})", self.file)  # fmt: skip
        return world


def _blamed(error: BaseException, path: Path, said: str) -> BadRequest:
    """What was raised, at the last line of the file that led to it."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = lines[-1] if lines else None
    source = linecache.getline(str(path), line).strip() if line else ""
    what = f"{type(error).__name__}: {error}" + (f", in: {source}" if source else "")
    return BadRequest(what, "put the file right", f"{said}:{line}" if line else said)
