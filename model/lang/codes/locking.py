# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes about locks and their contracts, goals, and names of properties: SVM263, SVM280 to SVM285."""

from __future__ import annotations

from .sample import CodeInfo, sample

MUTEX = "busy = flag()\nlock = Mutex()"
DROP = "def drop(k: Demo) -> None:\n    k.lock.unlock()"
CONTRACT = '@releases("k.lock")\ndef drop(k: Demo) -> None:\n    k.busy = True\n    k.lock.unlock()'

LOCKING: dict[str, CodeInfo] = {
    "SVM263": CodeInfo(
        "a lock is released inside its own with block",
        "'with lock:' is for sections that end where the block ends. Where a callee consumes the lock of its"
        " caller, the caller writes lock(), the callee unlock(), and the callee declares it: @releases(...).",
        sample("with k.lock:\n    drop(k)", world=MUTEX, more=DROP),
        sample("k.lock.lock()\ndrop(k)", world=MUTEX, more=CONTRACT),
    ),
    "SVM280": CodeInfo(
        "a contract that names no lock",
        "@releases and @acquires name locks by the parameters of the function, in quotes.",
        sample("k.lock.lock()\ndrop(k)", world=MUTEX, more=CONTRACT.replace('"k.lock"', '"lock"')),
        sample("k.lock.lock()\ndrop(k)", world=MUTEX, more=CONTRACT),
    ),
    "SVM281": CodeInfo(
        "a function does not keep its contract",
        "Every path through a function with a contract must do to the locks of its caller what the contract says,"
        " and nothing else. Paths are those of the text: two tests that always agree are not known to.",
        sample(
            "k.lock.lock()\ndrop(k)",
            world=MUTEX,
            more='@releases("k.lock")\ndef drop(k: Demo) -> None:\n    if k.busy:\n        return\n    k.lock.unlock()',
        ),
        sample("k.lock.lock()\ndrop(k)", world=MUTEX, more=CONTRACT),
    ),
    "SVM282": CodeInfo(
        "a lock is taken inside its own with block",
        "None of the locks can be taken twice by one actor: it would wait for itself. Take it once, around both.",
        sample("with k.lock:\n    with k.lock:\n        k.busy = True", world=MUTEX),
        sample("with k.lock:\n    k.busy = True", world=MUTEX),
    ),
    "SVM283": CodeInfo(
        "one name for two properties",
        "Verdicts are reported, and asked for, by name. Goals, invariants, temporal properties and the messages of"
        " assertions share one space of names with the properties that the language demands.",
        sample('with pending("no-deadlock"):\n    wait(k.busy)'),
        sample('with pending("gets-through"):\n    wait(k.busy)'),
    ),
    "SVM284": CodeInfo(
        "a never() about a mark that nobody passes",
        "never(after=, then=) is about cover() labels in actors; a label that no actor has would make it hold for"
        " nothing.",
        sample('k.busy = True\ncover("free")', end='late_use = never(after="freed", then="free")'),
        sample(
            'k.busy = True\ncover("use")\nk.busy = False\ncover("free")',
            end='late_use = never(after="free", then="use")',
        ),
    ),
    "SVM285": CodeInfo(
        "a goal inside itself",
        "The goal is pending in the outer block already; leaving the inner one would complete it too early.",
        sample('with pending("done"):\n    with pending("done"):\n        wait(k.busy)'),
        sample('with pending("done"):\n    wait(k.busy)'),
    ),
}
