# SVM401
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    k.busy = True
    done = False
    while not done:
        done = False
