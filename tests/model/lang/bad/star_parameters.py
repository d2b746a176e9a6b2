# SVM300 SVM306
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


def claim(k: Demo, *rest: int) -> None:
    k.busy = True


def plain(k: Demo, mark: bool) -> None:
    k.busy = mark


@process(2)
def worker(k: Demo) -> None:
    claim(k, 1, 2)
    plain(*k)
