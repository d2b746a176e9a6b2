# SVM252 SVM223 SVM224 SVM231
from svmcheck.model.lang import Record, World, alive, flag, pool, process, wait


class Page(Record):
    dirty = flag()


class Fence(Record):
    done = flag()


class Demo(World):
    pages = pool(Page)
    fences = pool(Fence)
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    page = k.pages.alloc()
    k.fences.free(page)
    wait(alive(k.busy))
    for x in k.busy:
        k.busy = False
    other = Page()
