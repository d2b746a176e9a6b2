# SVM316 SVM253 SVM315
from svmcheck.model.lang import World, flag, process


class Demo(World):
    a = flag()
    b = flag()


@process(2)
def worker(k: Demo) -> None:
    k.a = k.b = True
    k.a == k.b
    k.a
    yield
