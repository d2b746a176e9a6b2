# SVM307
from svmcheck.model.lang import World, flag, process, pure


class Demo(World):
    busy = flag()


@pure
def even(k: Demo) -> bool:
    return k.busy or odd(k)


@pure
def odd(k: Demo) -> bool:
    return not even(k)


def again(k: Demo) -> None:
    if even(k):
        again(k)


@process(2)
def worker(k: Demo) -> None:
    again(k)
