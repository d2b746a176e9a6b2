# SVM109
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


@process(-1)
def worker(k: Demo) -> None:
    k.busy = True
