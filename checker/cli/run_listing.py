# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What ``svmcheck run`` has to choose from: all of it, or what one scenario asks."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...model.kernel.scenario import OptionInfo, Scenario
    from ..schedule.request import Chosen

WIDTH = 100


def listing(sampler: str) -> str:
    """Scenarios with their sizes, options of the kernel, strategies. ``sampler``: what "auto" samples with."""
    from ...model.kernel.scenario import option_infos
    from ..schedule.registry import STRATEGIES
    from ..schedule.request import scenarios

    lines = ["scenarios (svmcheck run SCENARIO --options: which options each consults)"]
    for _, found in sorted(scenarios().items()):
        lines += _scenario(found)
    lines += ["", "options of the kernel (--set NAME=VALUE), the default first"]
    for group, infos in groupby(option_infos().values(), lambda info: info.group):
        lines += ["", f"  {group}", *_options(infos, "    ")]
    width = max(map(len, STRATEGIES))
    lines += [
        "",
        "strategies (--strategy NAME)",
        f"  {'auto':<{width}}  states if there are not too many, else {sampler}",
    ]
    lines += [f"  {name:<{width}}  {entry.summary}" for name, entry in STRATEGIES.items()]
    return "\n".join(lines)


def _scenario(found: Scenario) -> list[str]:
    from ...model.kernel.scenario import option_text

    sizes = ", ".join(f"{n} {s.default} ({s.least} to {s.most})" for n, s in found.sizes.items())
    own = ", ".join(f"{name} ({', '.join(values)})" for name, values in found.options.items())
    defaults = ", ".join(f"{name}={option_text(value)}" for name, value in sorted(found.defaults.items()))
    lines = [f"  {found.name}", f"    {first_paragraph(found.doc)}"]
    parts = (("sizes", sizes), ("options", own), ("its defaults", defaults))
    return lines + [f"    {title}: {text}" for title, text in parts if text]


def scenario_options(chosen: Chosen) -> str:
    """Sizes and options of one scenario; the options are those that are consulted with what was chosen."""
    from ...model.kernel.scenario import option_infos
    from ..schedule.consulted import consulted_with_changes

    found, known = chosen.scenario, option_infos()
    seen = consulted_with_changes(chosen)
    lines = [chosen.name, *_wrapped(first_paragraph(found.doc), "  ")]
    if found.sizes:
        lines += ["", "sizes (--size NAME=VALUE)"]
        lines += [f"  {name}: {size.default} ({size.least} to {size.most})" for name, size in found.sizes.items()]
    lines += _own_options(found)
    own = _own_defaults(found)
    lines += ["", "options that it consults (--set NAME=VALUE), the default first"]
    lines += _options((info for name, info in known.items() if name in seen.always), "  ", own)
    if seen.only_with:
        lines += ["", "options that it consults only after another change"]
        for name, info in known.items():
            if name in seen.only_with:
                lines += _options([info], "  ", own, f"with {seen.only_with[name]}")
    others = sorted(name for name in known if name not in seen.always and name not in seen.only_with)
    lines += ["", "not consulted in any run that was looked at", *_wrapped(", ".join(others), "  ")]
    return "\n".join(lines)


def _own_options(found: Scenario) -> list[str]:
    if not found.options:
        return []
    lines = ["", "options of its own (--set NAME=VALUE), the default first"]
    return lines + [f"  {name}: {', '.join(values)}" for name, values in found.options.items()]


def _own_defaults(found: Scenario) -> dict[str, str]:
    from ...model.kernel.scenario import option_text

    return {name: option_text(value) for name, value in found.defaults.items()}


def _options(infos: Iterable[OptionInfo], indent: str, own: dict[str, str] | None = None, needs: str = "") -> list[str]:
    """Two lines or more for each. ``own``: defaults of a scenario; ``needs``: what has to be chosen besides."""
    lines: list[str] = []
    for info in infos:
        default = (own or {}).get(info.name, info.default)
        choices = (default, *(choice for choice in info.choices if choice != default))
        kernel = f" (default of the kernel: {info.default})" if default != info.default else ""
        lines.append(f"{indent}{info.name}: {', '.join(choices)}{kernel}")
        if needs:
            lines.append(f"{indent}  {needs}")
        lines += _wrapped(info.sentence, indent + "  ")
    return lines


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def first_paragraph(doc: str) -> str:
    return " ".join(doc.split("\n\n")[0].split())
