# SVM404
from svmcheck.model.lang import Record, World, bounded, flag, initial, pool, process


class Page(Record):
    dirty = flag()


class Demo(World):
    pages = pool(Page, 1)
    count = bounded(0, 3)


@initial
def setup(k: Demo) -> None:
    page = k.pages.alloc()
    k.pages.free(page)
    page.dirty = True


@process(2)
def worker(k: Demo) -> None:
    k.count = 1
