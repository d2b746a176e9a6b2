# SVM104
from svmcheck.model.lang import Options, World, flag, process


class Mode(Options):
    policy: str = "flush"
    retries: int = 3
    forced = True


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo, opt: Mode) -> None:
    k.busy = opt.forced
