# SVM208
from svmcheck.model.lang import World, flag, ghost, process


class Demo(World):
    busy = flag()
    seen = ghost(flag())


@process(2)
def worker(k: Demo) -> None:
    k.seen = True
    if k.seen:
        k.busy = True
