# SVM201
from svmcheck.model.lang import World, flag, process


class Demo(World):
    busy = flag()


@process(2)
def worker(k: Demo) -> None:
    k.busy = missing_0
    k.busy = missing_1
    k.busy = missing_2
    k.busy = missing_3
    k.busy = missing_4
    k.busy = missing_5
    k.busy = missing_6
    k.busy = missing_7
    k.busy = missing_8
    k.busy = missing_9
    k.busy = missing_10
    k.busy = missing_11
    k.busy = missing_12
    k.busy = missing_13
    k.busy = missing_14
    k.busy = missing_15
    k.busy = missing_16
    k.busy = missing_17
    k.busy = missing_18
    k.busy = missing_19
    k.busy = missing_20
    k.busy = missing_21
    k.busy = missing_22
    k.busy = missing_23
    k.busy = missing_24
