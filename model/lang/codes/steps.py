# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Codes about what statements amount to as steps, and about the first state: SVM4xx."""

from __future__ import annotations

from .sample import CodeInfo, sample

MANY = "\n".join(f"    k.a[{i}] = choose(False, True)" for i in range(13))

STEPS: dict[str, CodeInfo] = {
    "SVM401": CodeInfo(
        "a loop without a step",
        "Only statements that touch shared state are steps; a loop of the others would go round without anybody"
        " else ever moving. Wait in it, or test something shared.",
        sample("while True:\n    pass"),
        sample("wait(k.busy)"),
    ),
    "SVM402": CodeInfo(
        "one step with too many paths",
        "An atomic block is one step, and each combination of answers in it is one edge. Outcomes of tests are joined"
        " into one edge where that can be done; those of choose(), and those with a cover() or a lock behind them, are"
        " not.",
        sample("with atomic():\n" + MANY, world="a = array(13, flag())"),
        sample("for i in range(13):\n    k.a[i] = False", world="a = array(13, flag())"),
    ),
    "SVM403": CodeInfo(
        "a loop inside atomic() may not end",
        "An atomic block is one step, so its loops need a bound that is known when compiling: for x in range(n).",
        sample("with atomic():\n    while k.busy:\n        k.done = True", world="busy = flag()\ndone = flag()"),
        sample("with atomic():\n    for i in range(3):\n        k.done[i] = True", world="done = array(3, flag())"),
    ),
    "SVM404": CodeInfo(
        "setting up the first state breaks a demand",
        "What @initial does is checked as any step is: references may be followed when they are set, values stay in"
        " their ranges, assertions hold.",
        sample(
            world="count = bounded(0, 3)",
            body="k.count = 0",
            end="@initial\ndef full(k: Demo) -> None:\n    k.count = 4",
        ),
        sample(
            world="count = bounded(0, 3)",
            body="k.count = 0",
            end="@initial\ndef full(k: Demo) -> None:\n    k.count = 3",
        ),
    ),
}
