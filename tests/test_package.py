# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What is installed is what is in the tree: every package is listed, every data file is carried along."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("model", "specs", "reports", "checker")
CODE = (".py", ".pyc")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def packages_in_tree() -> set[str]:
    """Every folder with Python files below the four root folders."""
    folders = {p.parent.relative_to(ROOT) for f in FOLDERS for p in (ROOT / f).rglob("*.py")}
    return {".".join(("svmcheck", *folder.parts)) for folder in folders}


def data_in_tree() -> set[Path]:
    """Every file of the packages that is no code, by its path from the root."""
    files = (p for f in FOLDERS for p in (ROOT / f).rglob("*") if p.is_file() and p.suffix not in CODE)
    return {p.relative_to(ROOT) for p in files if not any(part.startswith((".", "__")) for part in p.parts)
            and p.relative_to(ROOT).parts[:2] != ("reports", "out")}  # fmt: skip


def test_every_package_is_listed() -> None:
    assert set(project()["tool"]["setuptools"]["packages"]) == packages_in_tree()


def test_every_package_has_an_init_file() -> None:
    folders = {ROOT.joinpath(*name.split(".")[1:]) for name in packages_in_tree()}
    assert [str(f.relative_to(ROOT)) for f in sorted(folders) if not (f / "__init__.py").is_file()] == []


def test_every_data_file_is_carried_along() -> None:
    patterns = project()["tool"]["setuptools"]["package-data"]["*"]
    left_out = [str(p) for p in sorted(data_in_tree()) if not any(p.match(pattern) for pattern in patterns)]
    assert left_out == []


def test_every_subpackage_of_the_root_is_typed() -> None:
    assert [f for f in FOLDERS if not (ROOT / f / "py.typed").is_file()] == []


def test_source_files_carry_their_licence() -> None:
    """All but the malformed ones, which are inputs: their first line says what they show."""
    files = [p for f in (*FOLDERS, "tests", "benchmarks") for p in (ROOT / f).rglob("*")
             if p.suffix in (".py", ".c", ".h", ".toml", ".js", ".css") and p.parent.name != "bad"]  # fmt: skip
    marker = "SPDX-License-Identifier: GPL-2.0-only OR MIT"
    bare = [str(p.relative_to(ROOT)) for p in files if marker not in p.read_text(errors="replace")[:400]]
    assert bare == []


def test_a_wheel_holds_the_tree(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", minversion="77", reason="the build back end is not installed")
    tree, out = tmp_path / "tree", tmp_path / "out"
    tree.mkdir()
    out.mkdir()
    for name in (*FOLDERS, "LICENSES"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "out"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    done = subprocess.run([sys.executable, "-c", build], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {p.relative_to(ROOT) for f in FOLDERS for p in (ROOT / f).rglob("*.py")}
    code = {p for p in code if p.parts[:2] != ("reports", "out")}
    assert {f"svmcheck/{p.as_posix()}" for p in code | data_in_tree()} <= names
    assert any(n.endswith("entry_points.txt") for n in names)
