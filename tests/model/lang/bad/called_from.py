# SVM206
from svmcheck.model.lang import Record, World, flag, pool, process


class Page(Record):
    dirty = flag()


class Demo(World):
    pages = pool(Page)


def put_page(k: Demo, page: Page) -> None:
    page.refs = 0


def migrate(k: Demo, page: Page) -> None:
    put_page(k, page)


@process(2)
def worker(k: Demo) -> None:
    page = k.pages.alloc()
    migrate(k, page)
