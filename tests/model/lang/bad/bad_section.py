# SVM264
from collections.abc import Iterator

from svmcheck.model.lang import World, flag, process, section


class Demo(World):
    busy = flag()


@section
def held(k: Demo) -> Iterator[None]:
    if not k.busy:
        k.busy = True
        yield


@process(2)
def worker(k: Demo) -> None:
    with held(k):
        k.busy = False
