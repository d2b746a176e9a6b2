# SVM110
from svmcheck.model.lang import Record, World, bounded, flag, process, ref


class Page(Record):
    dirty = flag()
    next = ref("Page")


class Demo(World):
    head = ref(Page)
    count = bounded(3, 1)
    level = bounded(0, 3, init=7)


@process(2)
def worker(k: Demo) -> None:
    k.head = null
