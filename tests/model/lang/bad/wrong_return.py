# SVM260
from enum import Enum, auto

from svmcheck.model.lang import World, flag, null, process, state


class Seen(Enum):
    DONE = auto()
    AGAIN = auto()


class Demo(World):
    busy = flag()


def look(k: Demo) -> tuple[Seen, bool]:
    if k.busy:
        return Seen.DONE
    return Seen.AGAIN, 3


def other(k: Demo) -> Seen:
    if k.busy:
        return k.busy
    return null


@process(2)
def worker(k: Demo) -> None:
    seen, found = look(k)
    if seen == other(k):
        k.busy = found
