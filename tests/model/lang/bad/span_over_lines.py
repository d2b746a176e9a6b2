# SVM220
from enum import Enum, auto

from svmcheck.model.lang import World, flag, process, state


class Pte(Enum):
    NONE = auto()
    RAM = auto()


class Demo(World):
    pte = state(Pte.NONE)
    ready = flag()


@process(2)
def worker(k: Demo) -> None:
    if (k.ready
            and k.pte == (
                1)):
        k.ready = False
