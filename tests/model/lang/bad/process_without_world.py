# SVM112
from svmcheck.model.lang import Options, World, flag, initial, process


class Mode(Options):
    fast: bool = False


class Demo(World):
    busy = flag()


@process(2)
def worker() -> None:
    pass


@process(2)
def other(opt: Mode, k: Demo) -> None:
    k.busy = opt.fast


@initial
def setup(k) -> None:
    k.busy = True
