# SVM205
import os.path

from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    k.busy = os.path.exists("x")
