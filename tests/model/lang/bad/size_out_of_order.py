# SVM114
from svmcheck.model.lang import Size, World, flag, process


class Demo(World):
    threads = Size(5, most=4)
    busy = flag()


@process(Demo.threads)
def worker(k: Demo) -> None:
    k.busy = True
