# SVM201
from svmcheck.model.lang import World, flag, process


class Demo(World):
    ready = flag()


@process(2)
def worker(k: Demo) -> None:
    """Résumé: the column counts characters, not bytes."""
    k.ready = redy
