# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes about the file itself: SVM0xx."""

from __future__ import annotations

from .sample import CodeInfo, sample

FILES: dict[str, CodeInfo] = {
    "SVM001": CodeInfo(
        "the file cannot be read",
        "There is no file under this path, it is a directory, or its permissions forbid reading it. The shipped"
        " protocols are known by their names, which 'svmcheck list' prints; any other target is the path of a .py"
        " file.",
        "",
        sample(),
        request="missing.py",
    ),
    "SVM002": CodeInfo(
        "the file is not UTF-8",
        "Protocol files are Python source and read as UTF-8. The place is that of the first byte that is none; an"
        " editor that saved the file in another encoding is the usual reason.",
        '"""Caf\udce9"""\n' + sample(),
        '"""Café"""\n' + sample(),
    ),
    "SVM003": CodeInfo(
        "the file is not valid Python",
        "A protocol has the syntax of Python, so that editors and type checkers understand it. The place is where"
        " Python's parser gave up, which may be after the mistake.",
        sample("if k.busy\n    k.busy = False"),
        sample("if k.busy:\n    k.busy = False"),
    ),
}
