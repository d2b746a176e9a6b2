# SVM259
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


def is_busy(k: Demo) -> bool:
    if k.busy:
        return True


@process(2)
def worker(k: Demo) -> None:
    while is_busy(k):
        pass
