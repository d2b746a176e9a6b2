# SVM110
from svmcheck.model.lang import Record, Size, World, flag, pool, process


class Page(Record):
    dirty = flag()


class Demo(World):
    count = Size(0)
    pages = pool(Page, count)


@process(2)
def worker(k: Demo) -> None:
    k.pages.alloc()
