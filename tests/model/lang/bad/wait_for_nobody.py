# SVM271 SVM272
from svmcheck.model.lang import World, flag, process, wait


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    seen = k.busy
    wait(seen)
    wait(False)
