# SVM105
from svmcheck.model.lang import World, flag, process


class One(World):
    busy = flag()


class Two(World):
    busy = flag()


@process
def first(k: One) -> None:
    k.busy = True


@process
def second(k: Two) -> None:
    k.busy = True
