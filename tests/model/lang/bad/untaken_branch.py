# SVM206
from svmcheck.model.lang import Options, World, flag, process


class Mode(Options):
    fast: bool = False


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo, opt: Mode) -> None:
    if opt.fast:
        k.bussy = True
    k.busy = True
