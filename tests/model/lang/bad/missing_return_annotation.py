# SVM258
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


def is_busy(k: Demo):
    return k.busy


@process(2)
def worker(k: Demo) -> None:
    while is_busy(k):
        pass
    seen = is_busy(k)
    k.busy = seen
