# SVM108
from svmcheck.model.lang import Size, World, flag, process


class Demo(World):
    threads = Size(0)
    busy = flag()


@process(Demo.threads)
def worker(k: Demo) -> None:
    k.busy = True
