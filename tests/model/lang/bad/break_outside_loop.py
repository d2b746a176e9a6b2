# SVM003
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    if k.busy:
        break
