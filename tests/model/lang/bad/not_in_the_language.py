# SVM206 SVM300
from svmcheck.model.lang import World, bounded, flag, process


class Demo(World):
    busy = flag()
    count = bounded(0, 3)


@process(2)
def worker(k: Demo) -> None:
    try:
        k.busy = True
    except ValueError:
        pass
    f = lambda: 1
    xs = [i for i in range(3)]
    if (n := k.count) > 1:
        k.count = 0
    k.count = 1.5
    assert k.busy, f"busy {n}"
    async def later() -> None:
        pass
    def inner() -> None:
        pass
    del k.busy
    global total
    import os
    raise ValueError
    k.count = k.count ** 2
    k.count = ~k.count
    x = {1: 2}
    y = k.done[0:1]
