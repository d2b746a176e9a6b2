# SVM501 SVM502 SVM503 SVM504 SVM505 SVM506 SVM507 SVM509
from svmcheck.model.lang import Record, World, bounded, flag, pool, process, ref, urgent, wait


class Page(Record):
    dirty = flag()


class Demo(World):
    pages = pool(Page)
    a = flag()
    b = flag()
    count = bounded(0, 7)


def use(k: Demo, page: Page) -> None:
    k.a = True
    return
    k.b = True


def unused(k: Demo) -> None:
    k.b = False


@process(2)
def worker(k: Demo) -> None:
    page = k.pages.alloc()
    use(k, page)
    k.count += 1
    k.b = k.a and k.count == 2
    while True:
        with urgent():
            k.a = False
        if k.b:
            break


@process
def server(k: Demo) -> None:
    while True:
        wait(k.a)
        k.a = False
