# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes about types and operators: SVM210 to SVM239, SVM252 to SVM260."""

from __future__ import annotations

from .sample import CodeInfo, sample

PTE = "class Pte(Enum):\n    DEVICE = auto()\n    RAM = auto()"
STATE = "pte = state(Pte.DEVICE)"
PAGE = "class Page(Record):\n    dirty = flag()"
PAGES = "page = ref(Page)\npages = pool(Page, 2)"

MODE = "class Mode(Options):\n    policy: Literal['flush', 'skip'] = 'flush'"

VALUES: dict[str, CodeInfo] = {
    "SVM210": CodeInfo(
        "one local for two types",
        "A local holds values of one type: a bool, integers, members of one Enum, references into one pool, process"
        " ids. A counter has one range.",
        sample("seen = k.busy\nseen = 3"),
        sample("seen = k.busy\ncount = 3\nk.busy = seen and count == 3"),
    ),
    "SVM211": CodeInfo(
        "null without a type",
        "null is a reference or a process id that points nowhere; which of them must follow from what it is"
        " compared with or assigned to.",
        sample("k.busy = (null if k.busy else null) == null"),
        sample("k.busy = k.owner == null", world="busy = flag()\nowner = pid()"),
    ),
    "SVM212": CodeInfo(
        "this is not a value",
        "Values are bools, integers, Enum members, references and process ids. A world, a record in place, a pool,"
        " a class or a function is none, and what a function without a result gives is none either.",
        sample("k.busy = k"),
        sample("with atomic():\n    k.busy = not k.busy"),
    ),
    "SVM213": CodeInfo(
        "a condition that is no bool",
        "Conditions are bools; nothing counts as true or false by itself. Compare instead: page != null, count > 0.",
        sample("if k.count:\n    k.count = 0", world="count = bounded(0, 3)"),
        sample("if k.count > 0:\n    k.count = 0", world="count = bounded(0, 3)"),
    ),
    "SVM218": CodeInfo(
        "the divisor may be 0",
        "// and % need a divisor whose domain does not contain 0: a constant, or a bounded(1, n).",
        sample("k.count = 2 // k.count", world="count = bounded(0, 3)"),
        sample("k.count = 3 // k.parts", world="count = bounded(0, 3)\nparts = bounded(1, 2)"),
    ),
    "SVM219": CodeInfo(
        "arithmetic on something that is no number",
        "Only integers are added, subtracted, multiplied, divided, counted up and summed. The numbers that stand"
        " for process ids, references and Enum members mean nothing: exchanging two threads must not change a"
        " protocol.",
        sample("k.owner = me() + 1", world="owner = pid()"),
        sample("k.owner = me()", world="owner = pid()"),
    ),
    "SVM220": CodeInfo(
        "values of different types are compared",
        "Comparing an Enum member with an integer, or a bool with a number, is never what is meant: in Python it"
        " would be False without a word.",
        sample("if k.pte == 1:\n    k.pte = Pte.DEVICE", world=STATE, top=PTE),
        sample("if k.pte == Pte.RAM:\n    k.pte = Pte.DEVICE", world=STATE, top=PTE),
    ),
    "SVM221": CodeInfo(
        "order between values that have none",
        "Integers are ordered. Process ids, references, bools and Enum members can be compared for equality only; a"
        " lock order by address needs a number in the record.",
        sample("if k.owner < me():\n    k.owner = me()", world="owner = pid()"),
        sample("if k.owner != me():\n    k.owner = me()", world="owner = pid()"),
    ),
    "SVM222": CodeInfo(
        "'in' without a set",
        "'x in s' asks a bitset for an element, or compares x with each value of a tuple: x in (A, B).",
        sample("k.busy = k.busy in k.busy"),
        sample("k.busy = me() in k.waiting", world="busy = flag()\nwaiting = bitset(Pid)"),
    ),
    "SVM223": CodeInfo(
        "alive() of something that is no reference",
        "alive(x) tells whether x points to an allocated record of a pool. Records in place are always there.",
        sample("wait(alive(k.busy))"),
        sample("wait(alive(k.page))", world=PAGES, top=PAGE),
    ),
    "SVM224": CodeInfo(
        "something that cannot be iterated",
        "Loops and quantifiers run over range(n), a pool (its allocated records), an array, an Enum class, or an"
        " actor (the ids of its instances).",
        sample("for x in k.busy:\n    k.busy = False"),
        sample("for i in range(2):\n    k.done[i] = True", world="done = array(2, flag())"),
    ),
    "SVM225": CodeInfo(
        "range() over state",
        "A loop over range() is unrolled, so its bounds must be known when compiling: constants, options and sizes."
        " For a bound of the run, write a while loop with a counter().",
        sample("for i in range(k.count):\n    k.busy = True", world="busy = flag()\ncount = bounded(0, 3)"),
        sample("for i in range(k.count):\n    k.done[i] = True", world="count = Size(3)\ndone = array(count, flag())"),
    ),
    "SVM226": CodeInfo(
        "a loop or quantifier with more than one variable",
        "'for' binds one name, in loops and in all(), any() and sum(). Nest two for two variables.",
        sample("for i, j in range(2):\n    k.busy = True"),
        sample(
            "for i in range(2):\n    for j in range(2):\n        k.done[i][j] = True",
            world="done = array(2, array(2, flag()))",
        ),
    ),
    "SVM227": CodeInfo(
        "all(), any() or sum() without a generator",
        "These words are quantifiers: all(<condition> for x in <domain>). For two or three known values write 'and',"
        " 'or' and '+'.",
        sample("k.busy = all(k.done)", world="busy = flag()\ndone = array(2, flag())"),
        sample("k.busy = all(k.owner != p for p in worker)", world="busy = flag()\nowner = pid()"),
    ),
    "SVM228": CodeInfo(
        "len() of something without a length",
        "Sets, arrays, pools and actors have a length; of a set it is the number of its elements now.",
        sample("k.busy = len(k.busy) == 0"),
        sample("k.busy = len(k.waiting) == 0", world="busy = flag()\nwaiting = bitset(Pid)"),
    ),
    "SVM229": CodeInfo(
        "an option is compared with something it cannot be",
        "The choices of an option are those of its Literal. A misspelt one would rule a branch out in every variant.",
        sample("k.busy = opt.policy == 'flsh'", parameters="k: Demo, opt: Mode", top=MODE),
        sample("k.busy = opt.policy == 'flush'", parameters="k: Demo, opt: Mode", top=MODE),
    ),
    "SVM252": CodeInfo(
        "free() of a reference into another pool",
        "pool.free(x) takes a reference to a record of this pool's class.",
        sample(
            "k.pages.free(k.other)",
            world="other = ref(Other)\npages = pool(Page)\nothers = pool(Other)",
            top=PAGE + "\n\n\nclass Other(Record):\n    dirty = flag()",
        ),
        sample("k.page = k.pages.alloc()\nk.pages.free(k.page)", world=PAGES, top=PAGE),
    ),
    "SVM253": CodeInfo(
        "a value that is not used",
        "A line that only computes something does nothing. To read a record for its own sake, write touch(record).",
        sample("k.busy == True"),
        sample("if k.busy == True:\n    k.busy = False"),
    ),
    "SVM254": CodeInfo(
        "so many names, so many values",
        "Assigning to several names needs a tuple, or a function that returns one, of the same length.",
        sample("a, b = k.busy\nk.busy = a and b"),
        sample("a, b = k.busy, False\nk.busy = a or b"),
    ),
    "SVM255": CodeInfo(
        "another name for a record in place, assigned twice",
        "'lock = m.lock' makes a second name for the lock: it is bound when the protocol is compiled, so it cannot"
        " change. Parameters that a record is passed for cannot either.",
        sample("lock = k.a\nlock = k.b\nlock.lock()\nlock.unlock()", world="a = Mutex()\nb = Mutex()"),
        sample("lock = k.a\nlock.lock()\nlock.unlock()", world="a = Mutex()"),
    ),
    "SVM257": CodeInfo(
        "a field is assigned a value of another type",
        "A field holds what it was declared with. Integers are no Enum members and no bools.",
        sample("k.pte = 1", world=STATE, top=PTE),
        sample("k.pte = Pte.RAM", world=STATE, top=PTE),
    ),
    "SVM238": CodeInfo(
        "an argument of another type than declared",
        "Arguments are checked against the annotations of the parameters, in every variant.",
        sample("put(k, 1)", world=STATE, top=PTE, more="def put(k: Demo, to: Pte) -> None:\n    k.pte = to"),
        sample("put(k, Pte.RAM)", world=STATE, top=PTE, more="def put(k: Demo, to: Pte) -> None:\n    k.pte = to"),
    ),
    "SVM258": CodeInfo(
        "a value is returned, and no annotation says which type",
        "A function that returns a value needs a return annotation: the type says which domain the result has.",
        sample("k.busy = is_free(k)", more="def is_free(k: Demo):\n    return not k.busy"),
        sample("k.busy = is_free(k)", more="def is_free(k: Demo) -> bool:\n    return not k.busy"),
    ),
    "SVM259": CodeInfo(
        "a path ends without returning a value",
        "A function with a return annotation returns a value on every path through it.",
        sample("k.busy = look(k)", more="def look(k: Demo) -> bool:\n    if k.busy:\n        return True"),
        sample(
            "k.busy = look(k)", more="def look(k: Demo) -> bool:\n    if k.busy:\n        return True\n    return False"
        ),
    ),
    "SVM260": CodeInfo(
        "something else is returned than declared",
        "The value after 'return' has the type that the annotation names; a tuple has its elements.",
        sample("k.busy = look(k)", more="def look(k: Demo) -> bool:\n    return 1"),
        sample("k.busy = look(k)", more="def look(k: Demo) -> bool:\n    return not k.busy"),
    ),
    "SVM246": CodeInfo(
        "declared to return a value, and never does",
        "The annotation promises a value and the function has no 'return' with one.",
        sample("k.busy = look(k)", more="def look(k: Demo) -> bool:\n    k.busy = True"),
        sample("k.busy = look(k)", more="def look(k: Demo) -> bool:\n    return k.busy"),
    ),
    "SVM270": CodeInfo(
        "an integer without bounds",
        "Every value has a finite domain. That of a local follows from what is assigned to it; a local that counts"
        " grows without end, so it is declared with counter(init, lo, hi), and leaving the range is a violation of"
        " 'bounds'.",
        sample("tries = 0\nwhile k.busy:\n    tries += 1\nk.busy = tries == 3"),
        sample("tries = counter(0, 0, 3)\nwhile k.busy and tries < 3:\n    tries += 1\nk.busy = tries == 3"),
    ),
}
