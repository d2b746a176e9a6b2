# SVM202
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


def claim(k: Demo) -> bool:
    if k.busy:
        seen = True
    return seen


@process(2)
def worker(k: Demo) -> None:
    k.busy = claim(k)
