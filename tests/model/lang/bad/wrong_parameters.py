# SVM110
from svmcheck.model.lang import World, array, process
from svmcheck.model.primitives import IntervalNotifier, Mutex

class W(World):
    sub = IntervalNotifier(inserted=False)
    m = Mutex(handover="wek")
    n = Mutex(hand="weak")
    ms = array(2, Mutex(owner=1))

@process(1)
def a(k: W) -> None:
    k.m.lock()
    k.m.unlock()
    k.ms[0].lock()
    k.ms[0].unlock()
