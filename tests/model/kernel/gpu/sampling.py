# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Runs of a scenario under a sampling strategy, with all checks on, up to the first failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from svmcheck.checker.schedule.backends import Greenlets
from svmcheck.checker.schedule.garbage import rare_collections
from svmcheck.checker.schedule.runtime import Run, Runtime
from svmcheck.checker.schedule.strategies.pos import Pos
from svmcheck.checker.schedule.strategies.random import RandomWalk
from svmcheck.model.kernel.scenario import configure
from svmcheck.model.kernel.scenarios import load

STRATEGIES = {"random": RandomWalk, "pos": Pos}


@dataclass(frozen=True)
class Case:
    """A scenario with options and sizes, as on the command line: ``"gpu-svm zap=skipped window=1"``."""

    scenario: str
    options: Mapping[str, str]
    sizes: Mapping[str, int]

    @staticmethod
    def of(text: str) -> Case:
        name, *words = text.split()
        chosen = dict(word.split("=") for word in words)
        known = load()[name].sizes
        sizes = {key: int(value) for key, value in chosen.items() if key in known}
        return Case(name, {key: value for key, value in chosen.items() if key not in known}, sizes)


def sample(text: str, runs: int, strategy: str = "pos", seed: int = 1, most_steps: int = 5_000) -> list[Run]:
    """The runs up to the first failure, at most ``runs``."""
    case = Case.of(text)
    scenario = load()[case.scenario]
    config = configure(scenario, case.options)
    sizes = {name: size.default for name, size in scenario.sizes.items()} | dict(case.sizes)
    chosen = STRATEGIES[strategy](seed, runs)
    runtime = Runtime(Greenlets(), chosen, most_steps)
    done: list[Run] = []
    with rare_collections():
        while chosen.begin(runtime):
            done.append(runtime.run(lambda: scenario.build(config, sizes)))
            if done[-1].failure is not None:
                break
    return done
