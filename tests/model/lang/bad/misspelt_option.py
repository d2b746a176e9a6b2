# SVM206
from svmcheck.model.lang import Options, World, flag, process


class Mode(Options):
    urgent_refault: bool = False


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo, opt: Mode) -> None:
    if opt.urgent_refualt:
        k.busy = True
