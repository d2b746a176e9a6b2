# SVM285
from svmcheck.model.lang import World, flag, pending, process, wait


class Demo(World):
    busy = flag()


def through(k: Demo) -> None:
    with pending("gets-through"):
        wait(not k.busy)


@process(2)
def worker(k: Demo) -> None:
    with pending("gets-through"):
        through(k)
