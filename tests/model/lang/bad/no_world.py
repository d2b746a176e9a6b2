# SVM101
from svmcheck.model.lang import flag


class Demo:
    busy = flag()
