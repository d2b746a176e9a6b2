# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes about declarations, and about what was asked of them on the command line: SVM1xx."""

from __future__ import annotations

from .sample import CodeInfo, sample, whole

MODE = """
class Mode(Options):
    policy: Literal["flush", "skip"] = "flush"
"""
MODE_BODY = 'k.busy = opt.policy == "flush"'

DECLARATIONS: dict[str, CodeInfo] = {
    "SVM101": CodeInfo(
        "no world in the file",
        "The shared state of a protocol is a class derived from World. A file without one has nothing to check;"
        " maybe the class lacks its base.",
        whole("""
            class Demo:
                busy = flag()
        """),
        sample(),
    ),
    "SVM102": CodeInfo(
        "the declarations cannot be executed",
        "The file is executed once, as Python, to learn what it declares: classes, fields, decorators. An exception"
        " there (a name that is not imported, a wrong argument of a specifier) is reported at the line that raised"
        " it.",
        sample(world="count = bounded(0)", body="k.count = 1"),
        sample(world="count = bounded(0, 3)", body="k.count = 1"),
    ),
    "SVM103": CodeInfo(
        "an annotation cannot be resolved",
        "Annotations of protocol functions and options are evaluated: they say which world a function belongs to"
        " and which values a parameter takes. Each name in them must be defined or imported in the file.",
        sample(parameters="k: Demmo"),
        sample(),
    ),
    "SVM104": CodeInfo(
        "an option without choices",
        "An option is one of a few named policies, known when the protocol is compiled: a Literal or a bool, with a"
        " default that is one of its choices.",
        sample("k.busy = opt.fast", parameters="k: Demo, opt: Mode", top="class Mode(Options):\n    fast: int = 3"),
        sample("k.busy = opt.fast", parameters="k: Demo, opt: Mode", top="class Mode(Options):\n    fast: bool = True"),
    ),
    "SVM105": CodeInfo(
        "which world is meant is not clear",
        "A file may declare several worlds, for example one for each scenario. If more than one has actors, or none"
        " has, the request must name the one that is meant: FILE:World.",
        sample(
            end="""
            class Other(World):
                busy = flag()


            @process
            def other(k: Other) -> None:
                k.busy = True
        """
        ),
        sample(),
    ),
    "SVM106": CodeInfo(
        "no such option, or no such value of it",
        "The options of a world are those that its actors and properties name in their parameters. 'svmcheck list'"
        " prints them with their values.",
        sample(MODE_BODY, parameters="k: Demo, opt: Mode", top=MODE),
        sample(MODE_BODY, parameters="k: Demo, opt: Mode", top=MODE),
        request="--set policy=wait",
    ),
    "SVM107": CodeInfo(
        "no such size, or a size out of its range",
        "A Size of the world says how many there are of something; 'least=' and 'most=' bound what may be asked for.",
        sample(world="threads = Size(2, most=4)\nbusy = flag()", actor="Demo.threads"),
        sample(world="threads = Size(2, most=4)\nbusy = flag()", actor="Demo.threads"),
        request="--size threads=9",
    ),
    "SVM108": CodeInfo(
        "nobody acts in this world",
        "A program needs at least one instance of one function marked with @process. With all sizes at 0 there is"
        " none.",
        sample(actor="0"),
        sample(actor="1"),
    ),
    "SVM109": CodeInfo(
        "an actor is not counted by a number or a Size of its world",
        "The count of an actor is a number, or a Size that is a field of its world (or of a world that this one"
        " extends), because sizes are asked for by their names in the world.",
        sample(top="THREADS = Size(2)", actor="THREADS"),
        sample(world="threads = Size(2)\nbusy = flag()", actor="Demo.threads"),
    ),
    "SVM110": CodeInfo(
        "a field cannot be laid out",
        "Every field becomes variables with finite domains. References need a pool in the world, pools need records"
        " and stand in the world and not in a record, ranges need a value, initial values lie in their range.",
        sample("k.page = null", world="page = ref(Page)", top="class Page(Record):\n    dirty = flag()"),
        sample(
            "k.page = null", world="page = ref(Page)\npages = pool(Page)", top="class Page(Record):\n    dirty = flag()"
        ),
    ),
    "SVM111": CodeInfo(
        "the CPU slot of an actor is not in its world",
        "Actors that share a CPU name the same CpuSlot, which is a field of their world: @process(on=World.cpu).",
        sample(top="CPU = CpuSlot()", actor="2, on=CPU"),
        sample(world="cpu = CpuSlot()\nbusy = flag()", actor="2, on=Demo.cpu"),
    ),
    "SVM112": CodeInfo(
        "the first parameter is not a world",
        "Actors, set-ups and properties belong to the world that their first parameter is annotated with; without"
        " one they would silently be left out.",
        sample(end="@invariant\ndef quiet() -> bool:\n    return True"),
        sample(end="@invariant\ndef quiet(k: Demo) -> bool:\n    return not k.busy or k.busy"),
    ),
    "SVM113": CodeInfo(
        "a field with an annotation",
        "Type checkers narrow an annotated attribute when it is assigned or tested, and do not know that another"
        " actor may write in between: a test after a lock would count as always false. Fields are assigned from"
        " specifiers instead.",
        sample(world="busy: bool = False"),
        sample(world="busy = flag()"),
    ),
    "SVM114": CodeInfo(
        "a Size out of order",
        "A Size has a default between least (0 if not given) and most (16 if not given).",
        sample(world="threads = Size(5, most=4)\nbusy = flag()", actor="Demo.threads"),
        sample(world="threads = Size(4, most=4)\nbusy = flag()", actor="Demo.threads"),
    ),
    "SVM115": CodeInfo(
        "a decorator the language does not have, or two roles",
        "Decorators say what a function is for: an actor, the set-up of the first state, a property, a helper."
        " Python's own decorators would wrap the function, and what is compiled is its text.",
        sample(
            "claim(k)", top="from functools import cache", more="@cache\ndef claim(k: Demo) -> None:\n    k.busy = True"
        ),
        sample("claim(k)", more="def claim(k: Demo) -> None:\n    k.busy = True"),
    ),
    "SVM117": CodeInfo(
        "a name defined twice",
        "Python keeps the last definition of a name and forgets the first: an actor, a property or a field would be"
        " gone without a word.",
        sample(end="@invariant\ndef quiet(k: Demo) -> bool:\n    return not k.busy\n\n\n"
               "@invariant\ndef quiet(k: Demo) -> bool:\n    return k.busy or not k.busy"),
        sample(end="@invariant\ndef quiet(k: Demo) -> bool:\n    return k.busy or not k.busy"),
    ),
    "SVM116": CodeInfo(
        "a specifier got a value of the wrong kind",
        "state() takes a member of an Enum, flag() a bool, bounded() integers or Sizes, pool() a class derived from"
        " Record, array() a field or an embedded record.",
        sample(world="pte = state(0)\nbusy = flag()"),
        sample(
            "k.pte = Pte.RAM",
            world="pte = state(Pte.DEVICE)",
            top="class Pte(Enum):\n    DEVICE = auto()\n    RAM = auto()",
        ),
    ),
}
