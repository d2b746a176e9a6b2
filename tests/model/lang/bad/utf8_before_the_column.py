# SVM206
from svmcheck.model.lang import World, cover, flag, process


class Demo(World):
    ready = flag()


@process(2)
def worker(k: Demo) -> None:
    cover("größer 漢字"); k.raedy = True
