# SVM237 SVM238
from enum import Enum, auto

from svmcheck.model.lang import World, flag, process, state


class Pte(Enum):
    NONE = auto()
    RAM = auto()


class Demo(World):
    pte = state(Pte.NONE)
    busy = flag()


def put(k: Demo, pte: Pte, mark: bool = False) -> None:
    k.pte = pte
    k.busy = mark


@process(2)
def worker(k: Demo) -> None:
    put(k)
    put(k, Pte.RAM, True, False)
    put(k, 1)
    put(k, True)
    put(k, k.busy)
    put(k, Pte.RAM, marc=True)
    put(k, Pte.RAM, mark=0)
