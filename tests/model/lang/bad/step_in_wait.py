# SVM249
from svmcheck.model.lang import World, flag, process, wait
from svmcheck.model.primitives import Mutex


class Demo(World):
    lock = Mutex()
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    wait(k.lock.trylock())
    k.lock.unlock()
