# SVM116
from svmcheck.model.lang import Record, World, flag, pool, process


class Page(Record):
    dirty = flag()


class Demo(World):
    pages = pool(Page, 0)


@process(2)
def worker(k: Demo) -> None:
    k.pages.alloc()
