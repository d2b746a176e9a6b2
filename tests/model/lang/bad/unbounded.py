# SVM270
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    tries = 0
    total = 1
    while k.busy:
        tries += 1
        total = total * 2 + tries
    k.busy = tries == total
