# SVM102
from svmcheck.model.lang import Record, World, flag, pool, process


class Demo(World):
    pages = pool(Page, 2)


class Page(Record):
    dirty = flag()


@process(2)
def worker(k: Demo) -> None:
    k.pages.alloc()
