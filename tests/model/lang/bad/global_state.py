# SVM203
from svmcheck.model.lang import World, bounded, flag, process

queue = []
counter_ = bounded(0, 3)


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    k.busy = queue
    if counter_ == 1:
        k.busy = False
