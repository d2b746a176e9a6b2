# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes about calls and the words of the language: SVM231 to SVM251, SVM261 to SVM272."""

from __future__ import annotations

from .sample import CodeInfo, sample

PAGE = "class Page(Record):\n    dirty = flag()"
PAGES = "page = ref(Page)\npages = pool(Page, 2)"
CLAIM = "def claim(k: Demo) -> bool:\n    k.busy = True\n    return True"
BOTH = "busy = flag()\ndone = flag()"

WORDS: dict[str, CodeInfo] = {
    "SVM231": CodeInfo(
        "an object is made inside a function",
        "Records are declared in the world, in place or in pools. A new one comes from a pool: k.pages.alloc().",
        sample("k.page = Page()", world=PAGES, top=PAGE),
        sample("k.page = k.pages.alloc()", world=PAGES, top=PAGE),
    ),
    "SVM232": CodeInfo(
        "something that cannot be called",
        "Protocol functions, methods of records, and the words of the language are called; fields and values are not.",
        sample("k.busy = k.busy()"),
        sample("with atomic():\n    k.busy = not k.busy"),
    ),
    "SVM233": CodeInfo(
        "a property or a set-up is called",
        "Functions marked as properties or with @initial have their own time. What an actor and a property both"
        " need is a @pure function.",
        sample("k.busy = idle(k)", more="@invariant\ndef idle(k: Demo) -> bool:\n    return not k.busy"),
        sample(
            "k.free = idle(k)",
            world="busy = flag()\nfree = flag()",
            more="@pure\ndef idle(k: Demo) -> bool:\n    return not k.busy",
        ),
    ),
    "SVM234": CodeInfo(
        "a section is called",
        "A function marked with @section stands in a with statement: what follows its 'yield' is done on leaving"
        " the block.",
        sample(
            "held(k)",
            more="@section\ndef held(k: Demo) -> Iterator[None]:\n    k.busy = True\n    yield\n    k.busy = False",
        ),
        sample(
            "with held(k):\n    k.done = True",
            world=BOTH,
            more="@section\ndef held(k: Demo) -> Iterator[None]:\n    k.busy = True\n    yield\n    k.busy = False",
        ),
    ),
    "SVM235": CodeInfo(
        "a step inside a condition that may not evaluate it",
        "Calls that take steps, choose() and alloc() may stand in 'and' and 'or' of if and while statements, where"
        " each operand is control flow. In other conditions there is no place for a step.",
        sample("k.done = k.busy if claim(k) and k.busy else choose(True, False)", world=BOTH, more=CLAIM).replace(
            "k.busy if claim(k) and k.busy else choose(True, False)", "all(choose(True, False) for x in range(2))"
        ),
        sample("seen = choose(True, False)\nk.done = seen", world=BOTH),
    ),
    "SVM236": CodeInfo(
        "a function that takes steps in a property or quantifier",
        "Properties and quantifiers look at one state. Only @pure functions, which are one expression, can be used"
        " there.",
        sample("k.busy = True", more=CLAIM, end="@invariant\ndef sane(k: Demo) -> bool:\n    return claim(k)"),
        sample(
            "k.busy = True",
            more="@pure\ndef claimed(k: Demo) -> bool:\n    return k.busy or not k.busy",
            end="@invariant\ndef sane(k: Demo) -> bool:\n    return claimed(k)",
        ),
    ),
    "SVM237": CodeInfo(
        "wrong arguments",
        "A call gives each parameter one value, in order or by name; parameters with a default may be left out.",
        sample("k.busy = claim(k, 2)", more=CLAIM),
        sample("k.busy = claim(k)", more=CLAIM),
    ),
    "SVM239": CodeInfo(
        "a pure function that is more than one expression",
        "A @pure function is evaluated within a step, so it is 'return <expression>' and nothing else. It may call"
        " other pure functions.",
        sample(
            "wait(ready(k))",
            more="@pure\ndef ready(k: Demo) -> bool:\n    if k.busy:\n        return False\n    return True",
        ),
        sample("wait(ready(k))", more="@pure\ndef ready(k: Demo) -> bool:\n    return not k.busy"),
    ),
    "SVM240": CodeInfo(
        "me() without a process",
        "me() is the process that takes the step. The set-up of the first state and properties belong to no"
        " process; quantify over the instances of an actor instead.",
        sample(
            "k.owner = me()",
            world="owner = pid()",
            end="@invariant\ndef mine(k: Demo) -> bool:\n    return k.owner == me()",
        ),
        sample(
            "k.owner = me()",
            world="owner = pid()",
            end="@balance\ndef held(k: Demo) -> bool:\n    return all(k.owner == w for w in worker) or k.owner != null",
        ),
    ),
    "SVM241": CodeInfo(
        "counter() out of place",
        "counter(init, lo, hi) declares a local that counts: three constants, assigned to a local, init within lo..hi.",
        sample("tries = counter(5, 0, 3)\nk.busy = tries == 3"),
        sample("tries = counter(0, 0, 3)\ntries += 1\nk.busy = tries == 3"),
    ),
    "SVM242": CodeInfo(
        "a statement is used as a value",
        "wait(), rest(), cover(), touch() and what changes a set or frees a record do something and give nothing.",
        sample("k.busy = wait(k.busy)"),
        sample("wait(k.busy)\nk.busy = False"),
    ),
    "SVM243": CodeInfo(
        "a word out of place",
        "atomic(), pending() and urgent() stand in with statements, range() stands in a for loop or a quantifier.",
        sample("atomic()\nk.busy = True"),
        sample("with atomic():\n    k.busy = True"),
    ),
    "SVM244": CodeInfo(
        "a setting that is no constant of the right kind",
        "handover=, idle=, spin=, mode= and the like decide the shape of the automaton, so they are constants or"
        " options.",
        sample("wait(k.busy, idle=k.busy)"),
        sample("wait(k.busy, idle=True)"),
    ),
    "SVM245": CodeInfo(
        "a parameter that holds a constant name is assigned",
        "Texts and classes are passed while compiling; a parameter that got one cannot change during the run.",
        sample(
            'claim(k, "a")', more='def claim(k: Demo, name: str) -> None:\n    name = "b"\n    k.busy = name == "b"'
        ),
        sample('claim(k, "a")', more='def claim(k: Demo, name: str) -> None:\n    k.busy = name == "a"'),
    ),
    "SVM247": CodeInfo(
        "choose() between nothing",
        "choose(a, b, ...) takes one of its arguments; there must be at least one.",
        sample("k.busy = choose()"),
        sample("k.busy = choose(True, False)"),
    ),
    "SVM248": CodeInfo(
        "a name that is no text in quotes",
        "Goals, marks and the messages of assertions are constants: reports and --property go by them.",
        sample("with pending(k.busy):\n    wait(k.busy)"),
        sample('with pending("gets-through"):\n    wait(k.busy)'),
    ),
    "SVM249": CodeInfo(
        "a call that takes steps inside wait()",
        "The condition of wait() is evaluated at once, in the state in which the actor goes on. A condition that"
        " has to take a lock is a loop, as in the kernel.",
        sample("wait(claim(k))", more=CLAIM),
        sample("while not claim(k):\n    pass", more=CLAIM),
    ),
    "SVM250": CodeInfo(
        "rest() inside atomic()",
        "An atomic block is one step: there is no place in it to stop at.",
        sample("with atomic():\n    rest()\n    k.busy = True"),
        sample("rest()\nwith atomic():\n    k.busy = True"),
    ),
    "SVM251": CodeInfo(
        "acquired() or released() of something that is no record",
        "These words tell the lock-order graph what a step does to a lock; they stand in the methods of the lock.",
        sample("acquired(k.busy)"),
        sample("k.lock.lock()\nk.lock.unlock()", world="lock = Mutex()"),
    ),
    "SVM256": CodeInfo(
        "a second name for a record through shared state",
        "'lock = k.page.lock' would name the lock of whatever k.page points to later. Copy the reference first.",
        sample(
            "lock = k.page.lock\nlock.lock()\nlock.unlock()",
            world="page = ref(Page)\npages = pool(Page)",
            top="class Page(Record):\n    lock = Mutex()",
        ),
        sample(
            "page = k.page\nlock = page.lock\nlock.lock()\nlock.unlock()",
            world="page = ref(Page)\npages = pool(Page)",
            top="class Page(Record):\n    lock = Mutex()",
        ),
    ),
    "SVM261": CodeInfo(
        "urgent() that depends on the run",
        "Urgency is an assumption about timing: it holds in a variant or it does not. Its argument is an option or"
        " constant.",
        sample("with urgent(k.busy):\n    k.busy = False"),
        sample("with urgent(True):\n    k.busy = False"),
    ),
    "SVM262": CodeInfo(
        "this cannot stand in a with statement",
        "Blocks are atomic(), pending(goal), urgent(on), a lock, and a function marked with @section.",
        sample("with k.busy:\n    k.busy = False"),
        sample("with k.lock:\n    k.busy = False", world="busy = flag()\nlock = Mutex()"),
    ),
    "SVM264": CodeInfo(
        "a section without exactly one yield",
        "A section is what precedes and what follows a block, so it has one 'yield' at its top level, not in a branch.",
        sample(
            "with held(k):\n    k.done = True",
            world=BOTH,
            more="@section\ndef held(k: Demo) -> Iterator[None]:\n    if k.busy:\n        yield\n    k.busy = False",
        ),
        sample(
            "with held(k):\n    k.done = True",
            world=BOTH,
            more="@section\ndef held(k: Demo) -> Iterator[None]:\n    k.busy = True\n    yield\n    k.busy = False",
        ),
    ),
    "SVM265": CodeInfo(
        "a property that is more than one expression",
        "A property is 'return <expression>'. Its parts go into @pure functions.",
        sample(end="@invariant\ndef sane(k: Demo) -> bool:\n    seen = k.busy\n    return seen or not seen"),
        sample(end="@invariant\ndef sane(k: Demo) -> bool:\n    return k.busy or not k.busy"),
    ),
    "SVM266": CodeInfo(
        "a leads_to property without two conditions",
        "'return premise, conclusion': from every state with the premise, every fair run comes to the conclusion.",
        sample(end="@leads_to\ndef done(k: Demo) -> bool:\n    return k.busy"),
        sample(end="@leads_to\ndef done(k: Demo) -> tuple[bool, bool]:\n    return not k.busy, k.busy"),
    ),
    "SVM267": CodeInfo(
        "a parameter nobody can fill in",
        "Actors and set-ups take the world and options. Invariants may take more: records, process ids, Enum"
        " members, and then hold for all of them; a record must have a pool or an array in the world.",
        sample(parameters="k: Demo, number: int"),
        sample(end="@invariant\ndef sane(k: Demo, who: Pid) -> bool:\n    return k.busy or who != null"),
    ),
    "SVM271": CodeInfo(
        "wait() for a constant",
        "Nothing can change a constant: the wait is over at once, or lasts for ever. To stop for good, write"
        " rest(); to end, return.",
        sample("wait(False)"),
        sample("wait(k.busy)"),
    ),
    "SVM272": CodeInfo(
        "wait() for the actor's own values",
        "Only locals stand in the condition, and only this actor changes them, so nobody can end the wait.",
        sample("seen = k.busy\nwait(seen)"),
        sample("wait(k.busy)"),
    ),
}
