# SVM280
from svmcheck.model.lang import World, flag, process, releases
from svmcheck.model.primitives import SpinLock


class Demo(World):
    ptl = SpinLock()
    busy = flag()


@releases("ptl")
def drop(k: Demo) -> None:
    k.ptl.unlock()


@process(2)
def worker(k: Demo) -> None:
    k.ptl.lock()
    drop(k)
