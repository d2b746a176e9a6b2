# SVM210
from svmcheck.model.lang import World, bounded, process


class Demo(World):
    count = bounded(0, 3)


@process(2)
def worker(k: Demo) -> None:
    n = k.count
    n = n == 2
