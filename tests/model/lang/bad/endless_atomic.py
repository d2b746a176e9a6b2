# SVM403
from svmcheck.model.lang import World, atomic, flag, process


class Demo(World):
    busy = flag()
    done = flag()


@process(2)
def worker(k: Demo) -> None:
    with atomic():
        while k.busy:
            k.done = True
