# SVM113
from svmcheck.model.lang import Record, World, flag, process
from svmcheck.model.primitives import Mutex


class Page(Record):
    dirty: bool = flag()


class Demo(World):
    busy: bool = False
    lock: Mutex = Mutex()


@process(2)
def worker(k: Demo) -> None:
    k.busy = True
