# SVM115
import contextlib
import functools
from collections.abc import Iterator

from svmcheck.model.lang import World, flag, invariant, process, pure


class Demo(World):
    busy = flag()


@contextlib.contextmanager
def held(k: Demo) -> Iterator[None]:
    k.busy = True
    yield


@functools.cache
def ready(k: Demo) -> bool:
    return k.busy


@invariant
@pure
def sane(k: Demo) -> bool:
    return not k.busy


@process(2)
def worker(k: Demo) -> None:
    k.busy = True
