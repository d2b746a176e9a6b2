# SVM219 SVM221 SVM257
from svmcheck.model.lang import World, bounded, me, pid, process


class Demo(World):
    owner = pid()
    count = bounded(0, 3)


@process(2)
def worker(k: Demo) -> None:
    k.owner = me() + 1
    if me() < k.owner:
        k.count = 1
    k.count = me()
