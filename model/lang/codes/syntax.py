# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes about what Python has and the protocol language has not: SVM3xx."""

from __future__ import annotations

from .sample import CodeInfo, sample

COUNT = "count = bounded(0, 3)"
PTE = "class Pte(Enum):\n    DEVICE = auto()\n    RAM = auto()"
CLAIM = "def claim(k: Demo) -> bool:\n    k.busy = True\n    return True"

SYNTAX: dict[str, CodeInfo] = {
    "SVM300": CodeInfo(
        "a construct outside the language",
        "Protocol functions are compiled to finite automata, so they have only part of Python: no exceptions,"
        " lambdas, comprehensions, nested functions, floats, f-strings, async, * arguments. The help says what to"
        " write instead.",
        sample("try:\n    k.busy = True\nexcept ValueError:\n    k.busy = False"),
        sample("if k.busy:\n    k.busy = False"),
    ),
    "SVM302": CodeInfo(
        "a construct in the wrong place",
        "Lists and sets stand after 'in', generators inside all(), any() and sum().",
        sample("k.busy = [True]"),
        sample("with atomic():\n    k.count = 1 if k.count in (0, 2) else 0", world=COUNT),
    ),
    "SVM303": CodeInfo(
        "an operator the language does not have",
        "Integers have + - * // %, sets have | & and -. Elements are added to and removed from sets by methods.",
        sample("k.waiting += me()", world="waiting = bitset(Pid)"),
        sample("k.waiting.add(me())", world="waiting = bitset(Pid)"),
    ),
    "SVM304": CodeInfo(
        "'is' instead of '==', or None instead of null",
        "'is' asks whether two Python objects are one, which says nothing here, and makes type checkers narrow; so does"
        " a comparison with None. Compare with '== null'.",
        sample("if k.owner is None:\n    k.owner = me()", world="owner = pid()"),
        sample("if k.owner == null:\n    k.owner = me()", world="owner = pid()"),
    ),
    "SVM305": CodeInfo(
        "a conditional expression with a call that takes steps",
        "'a if c else b' is one expression within a step. With calls that take steps it is an if statement.",
        sample("k.busy = claim(k) if k.busy else False", more=CLAIM),
        sample("if k.busy:\n    k.busy = claim(k)", more=CLAIM),
    ),
    "SVM306": CodeInfo(
        "* or ** in parameters or arguments",
        "Parameters and arguments are listed one by one, so that each has its annotation.",
        sample("claim(k)", more="def claim(k: Demo, *rest: int) -> None:\n    k.busy = True"),
        sample("claim(k)", more="def claim(k: Demo) -> None:\n    k.busy = True"),
    ),
    "SVM307": CodeInfo(
        "recursion",
        "Calls are inlined, so a function cannot call itself, directly or through others. Write a loop.",
        sample("claim(k)", more="def claim(k: Demo) -> None:\n    k.busy = True\n    claim(k)"),
        sample("for _ in range(3):\n    k.busy = True"),
    ),
    "SVM309": CodeInfo(
        "this cannot be assigned to",
        "Locals, fields and elements of arrays can be assigned. Records in place, pools and constants cannot.",
        sample("k.lock = null", world="lock = Mutex()"),
        sample("k.owner = null", world="owner = pid()"),
    ),
    "SVM310": CodeInfo(
        "a pattern the language does not have",
        "Cases match constants, several with '|', and '_'. They have no guards and bind no names.",
        sample(
            """
            match k.pte:
                case Pte.RAM if k.pte == Pte.RAM:
                    k.pte = Pte.DEVICE
                case _:
                    pass
            """,
            world="pte = state(Pte.DEVICE)",
            top=PTE,
        ),
        sample(
            "match k.pte:\n    case Pte.RAM:\n        k.pte = Pte.DEVICE\n    case _:\n        pass",
            world="pte = state(Pte.DEVICE)",
            top=PTE,
        ),
    ),
    "SVM311": CodeInfo(
        "else on a loop",
        "Few readers know that it runs when the loop was not left by break. Set a local before break and test it.",
        sample("for _ in range(3):\n    k.busy = False\nelse:\n    k.busy = True"),
        sample("for _ in range(3):\n    k.busy = False\nk.busy = True"),
    ),
    "SVM313": CodeInfo(
        "'as' in a with statement",
        "Sections and locks give no value. A function that takes the lock and returns something does.",
        sample("with k.lock as held:\n    k.busy = True", world="busy = flag()\nlock = Mutex()"),
        sample("with k.lock:\n    k.busy = True", world="busy = flag()\nlock = Mutex()"),
    ),
    "SVM314": CodeInfo(
        "a loop variable is assigned in its loop",
        "Loops over known domains are unrolled, and the variable stands for one element in each copy of the body.",
        sample("for i in range(2):\n    i = 1\n    k.done[i] = True", world="done = array(2, flag())"),
        sample("for i in range(2):\n    k.done[i] = True", world="done = array(2, flag())"),
    ),
    "SVM315": CodeInfo(
        "yield outside a section",
        "'yield' marks the place of the block in a function marked with @section.",
        sample("k.busy = True\nyield"),
        sample(
            "with held(k):\n    k.done = True",
            world="busy = flag()\ndone = flag()",
            more="@section\ndef held(k: Demo) -> Iterator[None]:\n    k.busy = True\n    yield\n    k.busy = False",
        ),
    ),
    "SVM316": CodeInfo(
        "two assignments in one statement",
        "'a = b = 1' hides that there are two stores, and other actors may act between two stores to shared state.",
        sample("k.a = k.b = True", world="a = flag()\nb = flag()"),
        sample("k.a = True\nk.b = True", world="a = flag()\nb = flag()"),
    ),
}
