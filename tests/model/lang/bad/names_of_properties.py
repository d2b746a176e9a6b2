# SVM283 SVM284
from svmcheck.model.lang import World, cover, flag, invariant, never, pending, process, wait


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    with pending("gets-through"):
        wait(not k.busy)
        cover("freed")
    assert not k.busy, "sane"


@invariant
def gets_through(k: Demo) -> bool:
    return not k.busy


@invariant
def sane(k: Demo) -> bool:
    return not k.busy


no_late_use = never(after="free", then="freed")
