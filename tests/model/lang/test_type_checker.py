# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What an editor sees: basedpyright in strict mode on shipped files, on planted mistakes, and on tests after a lock."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from svmcheck.model.lang.codes import CODES
from svmcheck.model.lang.compile import compile_checked
from svmcheck.model.lang.diagnostics import ProtocolError
from svmcheck.model.lang.load import load_protocol

ROOT = Path(__file__).parents[3]
PLANTED = Path(__file__).parent / "planted" / "mistakes.py"
CHECKER = shutil.which("basedpyright", path=str(Path(sys.executable).parent)) or shutil.which("basedpyright")

pytestmark = pytest.mark.skipif(CHECKER is None, reason="basedpyright is not installed")


def errors(folder: Path, *files: Path) -> list[tuple[str, int, str]]:
    """File name, line and message of each error in strict mode, with this tree as the package ``svmcheck``."""
    package = folder / "svmcheck"
    package.mkdir()
    for part in ("model", "specs", "reports", "checker"):
        (package / part).symlink_to(ROOT / part)
    settings = {"include": [str(f) for f in files], "typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps({**settings, "reportMissingModuleSource": False}))
    assert CHECKER is not None
    done = subprocess.run(
        [CHECKER, "--project", str(folder), "--outputjson"], capture_output=True, text=True, check=False, cwd=folder
    )
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] >= len(files)
    told = [d for d in found["generalDiagnostics"] if d["severity"] == "error"]
    return [(Path(d["file"]).name, d["range"]["start"]["line"] + 1, d["message"]) for d in told]


def planted() -> dict[int, int]:
    """Line -> number of the mistake in it."""
    lines = PLANTED.read_text().split("\n")
    marks = ((number, re.search(r"# planted (\d+)", line)) for number, line in enumerate(lines, 1))
    return {number: int(mark[1]) for number, mark in marks if mark}


def test_the_type_checker_flags_planted_mistakes(tmp_path: Path) -> None:
    shutil.copy(PLANTED, tmp_path)
    flagged = {line for _, line, _ in errors(tmp_path, tmp_path / PLANTED.name)}
    found = {mistake for line, mistake in planted().items() if line in flagged}
    assert len(planted()) == 16
    assert len(found) >= 14, sorted(set(planted().values()) - found)


def test_svmcheck_flags_all_of_them_and_nothing_else() -> None:
    with pytest.raises(ProtocolError) as caught:
        compile_checked(load_protocol(PLANTED))
    assert [d.frame.line for d in caught.value.diagnostics] == sorted(planted())


def test_shipped_files_pass(tmp_path: Path) -> None:
    files = [*(ROOT / "model" / "protocols").glob("*.py"), *(ROOT / "model" / "primitives").glob("*.py")]
    linked = [tmp_path / "svmcheck" / f.relative_to(ROOT) for f in files]
    assert errors(tmp_path, *linked) == []


def test_examples_pass(tmp_path: Path) -> None:
    """The tutorial of the README, and the right example of every code."""
    texts = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    texts = [t for t in texts if "@process" in t]
    texts += [info.right for info in CODES.values()]
    for number, text in enumerate(texts):
        (tmp_path / f"example_{number}.py").write_text(text)
    assert errors(tmp_path, *tmp_path.glob("example_*.py")) == []


RECHECK = """
from enum import Enum, auto

from svmcheck.model.lang import Pid, Record, World, array, bitset, bounded, flag, me, null, pid, pool, process, ref
from svmcheck.model.lang import state
from svmcheck.model.primitives import SpinLock


class Pte(Enum):
    DEVICE = auto()
    MIGRATION = auto()


class Page(Record):
    pte = state(Pte.DEVICE)
    dirty = flag()


class Demo(World):
    ptl = SpinLock()
    pte = state(Pte.DEVICE)
    busy = flag()
    count = bounded(0, 3)
    owner = pid()
    pages = pool(Page)
    mapped = ref(Page)
    done = array(2, flag())
    grid = array(2, array(2, state(Pte.DEVICE)))
    waiting = bitset(Pid)


@process(2)
def worker(k: Demo) -> None:
    k.pte = Pte.MIGRATION
    k.busy = True
    k.count = 1
    k.owner = me()
    k.mapped = null
    k.done[0] = True
    k.grid[0][1] = Pte.MIGRATION
    k.ptl.lock()
    if k.pte == Pte.DEVICE:
        k.busy = False
    if not k.busy:
        k.count = 2
    if k.count == 2 or k.owner == null:
        k.pte = Pte.DEVICE
    if k.mapped != null and k.mapped.pte == Pte.DEVICE:
        k.mapped.pte = Pte.MIGRATION
        if k.mapped.pte == Pte.DEVICE:
            k.mapped.dirty = True
    if not k.done[0] or k.grid[0][1] == Pte.DEVICE:
        k.waiting.add(me())
    if k.pte != Pte.MIGRATION:
        if k.pte == Pte.MIGRATION:
            k.pte = Pte.DEVICE
    k.ptl.unlock()
"""


def test_a_test_after_a_lock_is_not_narrowed_away(tmp_path: Path) -> None:
    """Between a store and a test another actor may write, which no type checker can know: it must not call the test
    always false."""
    (tmp_path / "recheck.py").write_text(RECHECK)
    assert errors(tmp_path, tmp_path / "recheck.py") == []
    compile_checked(load_protocol(tmp_path / "recheck.py"))
