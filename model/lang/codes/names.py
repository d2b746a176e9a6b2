# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes about names, attributes and indices: SVM201 to SVM208, SVM214 to SVM217."""

from __future__ import annotations

from .sample import CodeInfo, sample

PAGE = "class Page(Record):\n    dirty = flag()"
PAGES = "page = ref(Page)\npages = pool(Page, 2)"

NAMES: dict[str, CodeInfo] = {
    "SVM201": CodeInfo(
        "an unknown name",
        "A protocol function may name its parameters and locals, other protocol functions, types, and the constants"
        " of its file.",
        sample("k.busy = Flase"),
        sample("k.busy = False"),
    ),
    "SVM202": CodeInfo(
        "a local may be read before it is set",
        "Some path leads here without assigning the local: often it is set in one branch only. Python would raise"
        " an exception at run time, a kernel would read an uninitialised variable.",
        sample("if k.busy:\n    seen = True\nk.busy = seen"),
        sample("seen = False\nif k.busy:\n    seen = True\nk.busy = seen"),
    ),
    "SVM203": CodeInfo(
        "a Python object that means nothing here",
        "Shared state lives in the world and nowhere else. Of the module, functions may use other protocol"
        " functions, Enum classes, and integer, bool and string constants.",
        sample("k.busy = SEEN", top="SEEN = [True]"),
        sample("k.busy = SEEN", top="SEEN = True"),
    ),
    "SVM204": CodeInfo(
        "an actor of another world",
        "Iterating over an actor gives the ids of its instances. It must be an actor of the world that is compiled: its"
        " first parameter is this world, or one that this world extends.",
        sample(
            "k.busy = any(k.owner == p for p in helper)",
            world="busy = flag()\nowner = pid()",
            top="""
                class Other(World):
                    busy = flag()


                @process
                def helper(k: Other) -> None:
                    k.busy = True
            """,
        ),
        sample("k.busy = any(k.owner == p for p in worker)", world="busy = flag()\nowner = pid()"),
        request="example.py:Demo",
    ),
    "SVM205": CodeInfo(
        "the source of a function cannot be found",
        "Functions are compiled from the text of the protocol file, or of a protocol file beside it or in this"
        " package. Functions that Python made in other ways, or that come from other libraries, have no such text.",
        sample("claim(k)", more="exec('def claim(k): k.busy = True')"),
        sample("claim(k)", more="def claim(k: Demo) -> None:\n    k.busy = True"),
    ),
    "SVM206": CodeInfo(
        "no such field, option or member",
        "The class of the object declares no attribute of this name. If a similar one exists, the message names it.",
        sample("k.bussy = True"),
        sample("k.busy = True"),
    ),
    "SVM207": CodeInfo(
        "something without fields is followed",
        "Only worlds, records and references into pools have fields. 'null' has none either.",
        sample("k.busy = null.dirty"),
        sample("k.page = k.pages.alloc()\nk.page.dirty = True", world=PAGES, top=PAGE),
    ),
    "SVM208": CodeInfo(
        "a ghost is read by protocol code",
        "Ghosts exist for specifications: assertions, invariants and assignments to other ghosts may read them. If"
        " code could, they would be part of the protocol.",
        sample("k.busy = k.seen", world="busy = flag()\nseen = ghost(flag())"),
        sample("k.seen = True\nassert k.seen, 'seen'", world="busy = flag()\nseen = ghost(flag())", end=""),
    ),
    "SVM214": CodeInfo(
        "something that cannot be indexed",
        "Pools and arrays are indexed, by numbers or process ids. References need no index: page.dirty, not"
        " pages[page].",
        sample("k.busy = k.busy[0]"),
        sample("k.done[0] = True", world="done = array(2, flag())"),
    ),
    "SVM215": CodeInfo(
        "an index of the wrong type",
        "A pool is indexed by a number, an array by a number or by the id of a process whose instances it counts.",
        sample("k.done[k.busy] = True", world="busy = flag()\ndone = array(2, flag())"),
        sample("k.done[k.at] = True", world="at = bounded(0, 1)\ndone = array(2, flag())"),
    ),
    "SVM216": CodeInfo(
        "an array that process ids do not index",
        "An array goes by process ids if it is declared with the Size that counts exactly one actor, so that each"
        " instance has its element.",
        sample("k.done[me()] = True", world="done = array(2, flag())"),
        sample("k.done[me()] = True", world="threads = Size(2)\ndone = array(threads, flag())", actor="Demo.threads"),
    ),
    "SVM217": CodeInfo(
        "a constant index out of range",
        "Indices count from 0. An index that is only known at run time is checked there, as a violation of 'bounds'.",
        sample("k.done[2] = True", world="done = array(2, flag())"),
        sample("k.done[1] = True", world="done = array(2, flag())"),
    ),
}
