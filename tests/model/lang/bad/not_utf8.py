# SVM002
"""An old editor: café."""
from svmcheck.model.lang import World
