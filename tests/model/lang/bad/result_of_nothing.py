# SVM212
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


def claim(k: Demo) -> None:
    k.busy = True


@process(2)
def worker(k: Demo) -> None:
    done = claim(k)
    if claim(k):
        k.busy = False
