# SVM281
from svmcheck.model.lang import World, flag, process, releases
from svmcheck.model.primitives import Mutex, SpinLock


class Demo(World):
    ptl = SpinLock()
    driver = Mutex()
    busy = flag()


@releases("k.ptl")
def drop(k: Demo) -> None:
    if k.busy:
        return
    k.ptl.unlock()
    k.driver.unlock()


@process(2)
def worker(k: Demo) -> None:
    k.driver.lock()
    k.ptl.lock()
    drop(k)
