# SVM217
from svmcheck.model.lang import World, array, flag, process


class Demo(World):
    done = array(4, flag())


@process(2)
def worker(k: Demo) -> None:
    k.done[4] = True
    k.done[-1] = True
