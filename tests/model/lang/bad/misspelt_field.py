# SVM206
from svmcheck.model.lang import Record, World, flag, pool, process, ref


class Page(Record):
    dirty = flag()


class Demo(World):
    pages = pool(Page, 2)
    head = ref(Page)


@process(2)
def worker(k: Demo) -> None:
    page = k.pages.alloc()
    page.drity = True
    k.head = page
