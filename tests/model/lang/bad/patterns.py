# SVM310
from enum import Enum, auto

from svmcheck.model.lang import World, process, state


class Pte(Enum):
    NONE = auto()
    RAM = auto()


class Demo(World):
    pte = state(Pte.NONE)


@process(2)
def worker(k: Demo) -> None:
    match k.pte:
        case Pte.NONE if k.pte == Pte.RAM:
            k.pte = Pte.RAM
        case other:
            k.pte = other
