# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes of warnings and hints: what compiles, and is probably not meant. SVM5xx."""

from __future__ import annotations

from .sample import CodeInfo, sample

TWO = "a = flag()\nb = flag()\nboth = flag()"
WRITE = "k.a = True\nk.b = True\n"
URGENT = "busy = flag()\nagain = flag()"
LOCKS = "spin = SpinLock()\nlock = Mutex()"
PAGE = "class Page(Record):\n    dirty = flag()"
PAGES = "page = ref(Page)\npages = pool(Page, 2)"

HINTS: dict[str, CodeInfo] = {
    "SVM501": CodeInfo(
        "a read and then a write",
        "'x += 1' on shared state is two steps, as in C: another actor may count in between and one count is lost."
        " If it is an atomic operation, say so: with atomic(), or a Refcount. Nothing is said where nobody else writes"
        " there, or where every write is under one mutex, spinlock, folio lock or write-held rwsem.",
        sample("k.count += 1", world="count = bounded(0, 3)"),
        sample("with atomic():\n    k.count += 1", world="count = bounded(0, 3)"),
    ),
    "SVM502": CodeInfo(
        "two unprotected reads in one step",
        "A statement is one step here, while a CPU reads one word after the other. A statement that reads two"
        " shared fields which others write, with no lock held on every path to it, leaves out what may happen"
        " between the reads.",
        sample(WRITE + "k.both = k.a and k.b", world=TWO),
        sample(WRITE + "seen = k.a\nk.both = seen and k.b", world=TWO),
    ),
    "SVM503": CodeInfo(
        "an ordinary step between two urgent ones",
        "Between two urgent blocks stands a test of shared state that is not urgent. Every other actor may step in"
        " there, so the timing assumption does not cover what it was meant to.",
        sample(
            """
            with pending("done"):
                while True:
                    with urgent():
                        k.busy = True
                    if k.again:
                        break
                    with urgent():
                        k.busy = False
            """,
            world=URGENT,
        ),
        sample(
            """
            with pending("done"):
                while True:
                    with urgent():
                        k.busy = True
                        again = k.again
                    if again:
                        break
                    with urgent():
                        k.busy = False
            """,
            world=URGENT,
        ),
    ),
    "SVM504": CodeInfo(
        "a worker that may not be idle",
        "The actor never ends, and waits with nothing queued. As soon as nobody queues any more, that is a"
        " deadlock. If it may rest there for ever, the wait says idle=True.",
        sample("while True:\n    wait(k.busy)\n    k.busy = False"),
        sample("while True:\n    wait(k.busy, idle=True)\n    k.busy = False"),
    ),
    "SVM505": CodeInfo(
        "a function that nothing calls",
        "Functions are compiled where they are called, so nothing in this one was checked.",
        sample(more="def claim(k: Demo) -> None:\n    k.busy = True"),
        sample("claim(k)", more="def claim(k: Demo) -> None:\n    k.busy = True"),
    ),
    "SVM506": CodeInfo(
        "nothing reaches this statement",
        "The statement before it always leaves the block: it returns, breaks, continues, or loops for ever.",
        sample("k.busy = True\nreturn\nk.busy = False"),
        sample("k.busy = True\nreturn"),
    ),
    "SVM507": CodeInfo(
        "a reference that is handed over and never followed",
        "The callee takes a record and never reads it. In the kernel it would; if the record may be freed, that"
        " access is what the model is about. touch(x) is a read whose value does not matter.",
        sample(
            "page = k.pages.alloc()\nuse(k, page)",
            world=PAGES,
            top=PAGE,
            more="def use(k: Demo, page: Page) -> None:\n    k.page = null",
        ),
        sample(
            "page = k.pages.alloc()\nuse(k, page)",
            world=PAGES,
            top=PAGE,
            more="def use(k: Demo, page: Page) -> None:\n    touch(page)",
        ),
    ),
    "SVM508": CodeInfo(
        "an option that changes nothing",
        "No function of the protocol names the option, so its values make no difference. An option that is set on the"
        " command line, and tested only in code that other options rule out, is told by 'check' as a note.",
        sample("k.busy = True", parameters="k: Demo, opt: Mode", top="class Mode(Options):\n    fast: bool = False"),
        sample(
            "k.busy = opt.fast", parameters="k: Demo, opt: Mode", top="class Mode(Options):\n    fast: bool = False"
        ),
    ),
    "SVM511": CodeInfo(
        "sleeping while a spinlock is held",
        "Who holds a spinlock must not sleep: on that CPU nobody else could run, and who spins for the lock would spin"
        " until the sleeper is back. Mutexes, semaphores, folio locks, completions, wait queues and fences are slept"
        " for. The path was found in the text, not in the states: it is there whether or not the lock has to be waited"
        " for, but whether it can be reached is not asked.",
        sample("with k.spin, k.lock:\n    pass", world=LOCKS),
        sample("with k.lock, k.spin:\n    pass", world=LOCKS),
    ),
    "SVM512": CodeInfo(
        "a trylock whose answer is dropped",
        "Whoever does not look whether it got the lock goes on as if it had it, and unlocks what another actor holds."
        " With one actor, or a small size, nothing may be wrong yet. Where it cannot fail, '_ = ' in front says so.",
        sample("k.lock.trylock()\nk.lock.unlock()", world="lock = Mutex()"),
        sample("if k.lock.trylock():\n    k.lock.unlock()", world="lock = Mutex()"),
    ),
    "SVM510": CodeInfo(
        "a read and a write in one step",
        "An assignment is one step here, while in C 'x = x + 1' loads and then stores, and another CPU may store in"
        " between. An update that is not atomic in the kernel is written 'x += 1', or with a local in between; one that"
        " is says with atomic(). Nothing is said where nobody else writes there, or where every write is under one"
        " mutex, spinlock, folio lock or write-held rwsem.",
        sample("k.count = (k.count + 1) % 4", world="count = bounded(0, 3)"),
        sample("seen = k.count\nk.count = (seen + 1) % 4", world="count = bounded(0, 3)"),
    ),
    "SVM509": CodeInfo(
        "a loop that nobody owes to leave",
        "The actor may go round for ever: it tries again, or polls. That is no deadlock, as it moves all the time, and"
        " a livelock is looked for only where something is owed. 'with pending(...):' around it asks that it is left"
        " on every fair schedule. An actor of the environment, which may stop at any time, says rest() in the loop; one"
        " that waits for others sleeps: wait(condition).",
        sample(
            "while True:\n    got = k.lock.trylock()\n    if got:\n        break\nk.lock.unlock()",
            world="lock = Mutex()",
        ),
        sample(
            """
            with pending("gets-the-lock"):
                while True:
                    got = k.lock.trylock()
                    if got:
                        break
            k.lock.unlock()
            """,
            world="lock = Mutex()",
        ),
    ),
}
