# SVM206
from svmcheck.model.lang import World, flag, process
from svmcheck.model.primitives import Mutex


class Demo(World):
    lock = Mutex()
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    k.lock.acquire()
    k.busy = True
    k.lock.unlock()
