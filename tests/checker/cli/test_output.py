# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Files are tried before a search and written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from svmcheck.checker.cli.output import Document, document, report_folder, whole
from svmcheck.checker.cli.problems import Problem


def test_nothing_asked_for_is_nothing() -> None:
    assert document(None) is None
    assert report_folder(None) is None


def test_a_document_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text("old")
    file.chmod(0o640)
    place = document(str(file))
    assert place is not None
    assert file.read_text() == "old", "trying a place must not touch it"
    place.write("{}\n")
    assert file.read_text() == "{}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["result.json"]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    link, file = tmp_path / "link.json", tmp_path / "file.json"
    file.write_text("old")
    link.symlink_to(file)
    Document(link).write("new")
    assert link.is_symlink()
    assert file.read_text() == "new"


def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "usual").write_text("")
    Document(tmp_path / "new").write("")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_full_disk_is_an_error_of_the_system() -> None:
    place = document("/dev/full")
    assert place is not None
    with pytest.raises(OSError, match="No space left"):
        place.write("x")


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cases = {
        str(tmp_path): "is a directory",
        str(tmp_path / "missing" / "x.json"): "there is no folder",
        str(tmp_path / "file" / "x.json"): "there is no folder",
    }
    for name, what in cases.items():
        with pytest.raises(Problem, match=what) as caught:
            document(name)
        assert caught.value.where == name
        assert caught.value.advice


def test_report_folders(tmp_path: Path) -> None:
    made = report_folder(str(tmp_path / "a" / "b"))
    assert made is not None
    assert made.is_dir()
    assert os.listdir(made) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem, match="is a file, and a report needs a folder"):
        report_folder(str(tmp_path / "file"))
    with pytest.raises(Problem, match="cannot be made"):
        report_folder(str(tmp_path / "file" / "below"))


def test_a_folder_nobody_can_write(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be"):
        report_folder("/proc/svmcheck")
    with pytest.raises(Problem, match="cannot be written"):
        document("/proc/result.json")


def test_a_full_disk_is_told_with_the_file() -> None:
    with pytest.raises(OSError) as error:
        Document(Path("/dev/full")).write("{}")
    assert (error.value.errno, error.value.filename) == (errno.ENOSPC, "/dev/full")


def test_no_part_of_a_file_is_left(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    with pytest.raises(OSError) as error, whole(page):
        page.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert error.value.filename == str(page)
    assert not page.exists()


@pytest.mark.parametrize("place", [document, report_folder])
@pytest.mark.parametrize("name", ["", " "])
def test_a_place_has_a_name(place: Callable[[str], object], name: str) -> None:
    with pytest.raises(Problem, match="the name of a place to write to is empty"):
        place(name)
