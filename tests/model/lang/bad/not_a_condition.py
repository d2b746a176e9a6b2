# SVM213
from svmcheck.model.lang import Record, World, bounded, flag, pool, process, ref


class Page(Record):
    dirty = flag()


class Demo(World):
    pages = pool(Page)
    head = ref(Page)
    count = bounded(0, 3)


@process(2)
def worker(k: Demo) -> None:
    if k.head:
        k.count = 0
    while not k.count:
        k.count = 1
