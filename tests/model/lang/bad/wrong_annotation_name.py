# SVM103
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Dmeo) -> None:
    k.busy = True
