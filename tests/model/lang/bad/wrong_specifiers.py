# SVM116
from svmcheck.model.lang import Record, World, array, bitset, bounded, flag, ghost, pool, process, ref, state


class Page(Record):
    dirty = flag(1)


class Demo(World):
    pte = state(0)
    count = bounded(0, "three")
    pages = pool(World, 2)
    head = ref(3)
    done = array(2, Page)
    seen = ghost(True)
    who = bitset("all")
    page = Page


@process(2)
def worker(k: Demo) -> None:
    k.count = 1
