# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What Python says of a declaration it cannot execute, in words of the protocol language."""

from __future__ import annotations

import re
import sys

from .decorators import MARK, Misused
from .lower.state import suggest
from .statements import WORDS

USAGE = {
    "flag": "flag(), or flag(True)",
    "bounded": "bounded(lo, hi), or bounded(lo, hi, init=n)",
    "state": "state(Pte.NONE), with a member of an Enum",
    "pid": "pid()",
    "ref": "ref(Page), with 'class Page(Record)'",
    "bitset": "bitset(Pid), bitset(SomeEnum), or bitset(8)",
    "array": "array(n, field)",
    "pool": "pool(Page, n)",
    "ghost": "ghost(field)",
    "Size": "Size(default, most=n, least=n)",
    "Record": 'a record\'s parameters by their names: SpinLock(handover="weak")',
    "process": "@process, @process(2), or @process(World.size_name)",
    "never": 'never(after="revoked", then="used", until="granted")',
}
CALL = r"^(\w+)(?:\.__init__)?\(\) "
# What cannot be done, with which type -> what that is.
TYPES = {
    "Size": "a Size: it has no value yet when the file is executed",
    "Field": "a field: it has no value when it is declared",
    "Array": "an array: it has no elements when it is declared",
    "Pool": "a pool: it has no records when it is declared",
    "Actors": "an actor: it is compiled, never run",
    "NoneType": "nothing (None)",
}


def told(error: Exception) -> tuple[str, str]:
    """What is wrong, and what to do."""
    text = str(error)
    if isinstance(error, ImportError):
        return _import(error), "import protocol words from svmcheck.model.lang and locks from svmcheck.model.primitives"
    if isinstance(error, NameError):
        advice = "import or define the name before it is used; a record must be declared before the pool that holds it"
        return f"{text[:1].lower()}{text[1:]}", advice
    if isinstance(error, RuntimeError) and "compiled, never run" in text:
        return _statement("a word of the protocol language")
    if isinstance(error, Misused):
        return text, f"write {USAGE[error.word]}"
    if MARK in text:
        return "a decorator is given something that is no function", "write it above the function, without arguments"
    if isinstance(error, TypeError):
        found = _call(text) or _operation(text)
        if found:
            return found
    what = f"{text} ({type(error).__name__})" if text else type(error).__name__
    return f"Python cannot execute this: {what}", "the declarations of a file run as Python: correct this line"


def _import(error: ImportError) -> str:
    """Without where Python looked, but with what may be meant."""
    missing = re.match(r"cannot import name '(\w+)' from '([\w.]+)'", str(error))
    if not missing:
        return f"{str(error)[:1].lower()}{str(error)[1:]}"
    name, module = missing.groups()
    known = vars(sys.modules[module]) if module in sys.modules else {}
    return f"'{module}' has no '{name}'{suggest(name, known)}"


def _call(text: str) -> tuple[str, str] | None:
    """A specifier or decorator with arguments that it does not take."""
    called = re.match(CALL, text)
    if called is None:
        return None
    name, rest = called[1], text[called.end() :]
    if name in WORDS:
        return _statement(f"{name}()")
    advice = f"write {USAGE[name]}" if name in USAGE else "see docs/language.md for what it takes"
    named = re.findall(r"'(\w+)'", rest)
    if named == ["function"]:
        return f"@{name} has no parentheses", f"write @{name} above the function"
    if rest.startswith("missing"):
        return f"{name}() lacks {' and '.join(map(repr, named))}", advice
    if "unexpected keyword" in rest:
        return f"{name}() takes no '{named[0]}'", advice
    if "positional-only" in rest:
        return f"{name}() takes '{named[0]}' without its name", advice
    given = re.search(r"but (\d+)", rest)
    what = "the parameters of a record have names" if name == "Record" else f"{name}() is given more than it takes"
    return (what, advice) if given else None


def _statement(word: str) -> tuple[str, str]:
    advice = "put it into a function, which is compiled, never run; an integer field is declared by bounded(lo, hi)"
    return f"this uses {word} outside of a protocol function", advice


def _operation(text: str) -> tuple[str, str] | None:
    """Something done with what a declaration is, instead of with what it will hold."""
    quoted = re.findall(r"'(\w+)'", text)
    kind = next((TYPES[name] for name in quoted if name in TYPES), None)
    if kind is None:
        return None
    advice = "write a number, declare another Size, or calculate where it is used: in a protocol function or property"
    return f"this cannot be done with {kind}", advice
