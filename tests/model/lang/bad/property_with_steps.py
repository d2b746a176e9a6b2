# SVM265 SVM236 SVM240 SVM266 SVM267
from svmcheck.model.lang import World, flag, invariant, leads_to, me, pid, process
from svmcheck.model.primitives import Mutex


class Demo(World):
    lock = Mutex()
    owner = pid()
    busy = flag()


@invariant
def one(k: Demo) -> bool:
    seen = k.busy
    return seen


@invariant
def two(k: Demo) -> bool:
    return k.lock.trylock()


@invariant
def three(k: Demo) -> bool:
    return k.owner == me()


@leads_to
def four(k: Demo) -> bool:
    return k.busy


@invariant
def five(k: Demo, n: int) -> bool:
    return n > 0


@process(2)
def worker(k: Demo) -> None:
    k.busy = True
