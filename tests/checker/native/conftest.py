# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The native engine needs a C compiler, and its tests their own cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from svmcheck.checker.native.compile import NoCompiler, find_compiler


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SVMCHECK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    found = find_compiler()
    if isinstance(found, NoCompiler):
        for item in items:
            if "checker/native" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason=f"{found.reason} {found.remedy}"))
