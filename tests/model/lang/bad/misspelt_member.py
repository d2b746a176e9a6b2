# SVM206
from enum import Enum, auto

from svmcheck.model.lang import World, process, state


class Pte(Enum):
    DEVICE = auto()
    MIGRATION = auto()


class Demo(World):
    pte = state(Pte.DEVICE)


@process
def worker(k: Demo) -> None:
    k.pte = Pte.MIGRATON
