# SVM220 SVM257
from enum import Enum, auto

from svmcheck.model.lang import World, bounded, flag, process, state


class Pte(Enum):
    NONE = auto()
    RAM = auto()


class Zap(Enum):
    NONE = auto()


class Demo(World):
    pte = state(Pte.NONE)
    busy = flag()
    count = bounded(0, 3)


@process(2)
def worker(k: Demo) -> None:
    if k.pte == 1:
        k.pte = 0
    if k.pte == Zap.NONE:
        k.busy = 1
    k.count = k.busy
