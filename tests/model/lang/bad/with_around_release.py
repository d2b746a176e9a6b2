# SVM263
from svmcheck.model.lang import World, flag, process
from svmcheck.model.primitives import SpinLock


class Demo(World):
    ptl = SpinLock()
    busy = flag()


def wait_on_locked(k: Demo) -> None:
    k.ptl.unlock()
    k.busy = False


def handle(k: Demo) -> None:
    if k.busy:
        wait_on_locked(k)


@process(2)
def worker(k: Demo) -> None:
    with k.ptl:
        k.busy = True
        handle(k)
