# SVM102
from svmcheck.model.lang import World, flagg


class Demo(World):
    busy = flagg()
