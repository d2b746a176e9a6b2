# SVM225
from svmcheck.model.lang import World, array, bounded, flag, process


class Demo(World):
    count = bounded(0, 3)
    done = array(4, flag())


@process(2)
def worker(k: Demo) -> None:
    for i in range(k.count):
        k.done[i] = True
