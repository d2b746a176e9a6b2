# SVM304
from svmcheck.model.lang import World, me, pid, process


class Demo(World):
    owner = pid()


@process(2)
def worker(k: Demo) -> None:
    if k.owner is None:
        k.owner = me()
    if k.owner is not None:
        k.owner = me()
