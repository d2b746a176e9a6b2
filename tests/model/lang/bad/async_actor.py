# SVM300
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


@process(2)
async def worker(k: Demo) -> None:
    k.busy = True
