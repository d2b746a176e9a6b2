# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A run in one line that can be pasted into a mail: what was run, and every decision, so that it happens again.

The text is ``svmrun1.`` and base64 (the alphabet for file names) of a compressed JSON list and a checksum of it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from dataclasses import dataclass
from itertools import groupby
from typing import cast

from .statespace import Decision

PREFIX = "svmrun1."
CHECKSUM = 4  # bytes of CRC-32
LONGEST = 64 * 1024 * 1024  # bytes of what a token unpacks to; more is no schedule that anybody made


class BadToken(ValueError):
    """A token that says nothing; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """``property``: what it shows a violation of. ``loop``: the decision from which on it repeats for ever, or None.
    ``version``: of the scenario (``request.version``)."""

    scenario: str
    options: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[str, int], ...]
    version: str
    property: str
    decisions: tuple[Decision, ...]
    loop: int | None = None


def decisions_text(decisions: tuple[Decision, ...]) -> str:
    """Run-length coded: ``1*12 2 1:0`` is twelve steps of task 1, one of task 2, one of task 1 with decision 0."""
    runs = ((":".join(map(str, decision)), len(list(same))) for decision, same in groupby(decisions))
    return " ".join(text if count == 1 else f"{text}*{count}" for text, count in runs)


def decisions_from(text: str) -> tuple[Decision, ...]:
    """Raises BadToken."""
    found: list[Decision] = []
    for word in text.split():
        match = re.fullmatch(r"(\d+(?::\d+)*)(?:\*(\d+))?", word)
        if match is None or (match[2] and int(match[2]) > LONGEST):
            raise BadToken(f'"{word[:20]}" is no step of a schedule')
        found += [tuple(map(int, match[1].split(":")))] * int(match[2] or 1)
    return tuple(found)


def encode(run: Recorded) -> str:
    fields = [run.scenario, dict(run.options), dict(run.sizes), run.version, run.property, run.loop,
              decisions_text(run.decisions)]  # fmt: skip
    packed = zlib.compress(json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode(), 9)
    whole = packed + zlib.crc32(packed).to_bytes(CHECKSUM, "big")
    return PREFIX + base64.urlsafe_b64encode(whole).decode().rstrip("=")


def is_token(text: str) -> bool:
    return text.lstrip().startswith("svmrun")


def decode(text: str) -> Recorded:
    """White space is ignored, as mail programs wrap lines. Raises BadToken."""
    plain = "".join(text.split())
    if not plain.startswith(PREFIX):
        raise BadToken(f'this version reads tokens that begin with "{PREFIX}"')
    body = plain.removeprefix(PREFIX)
    try:
        whole = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadToken("the token is damaged: a character is missing, or one that cannot be in it is there") from None
    packed, checksum = whole[:-CHECKSUM], whole[-CHECKSUM:]
    if len(whole) <= CHECKSUM or zlib.crc32(packed).to_bytes(CHECKSUM, "big") != checksum:
        raise BadToken("the token is damaged: its checksum does not fit (was it copied as a whole?)")
    return _unpacked(packed)


def _unpacked(packed: bytes) -> Recorded:
    try:
        fields: object = json.loads(zlib.decompressobj().decompress(packed, LONGEST))
        scenario, options, sizes, version, claim, loop, steps = cast("list[object]", fields)
        return Recorded(
            str(scenario),
            tuple((str(k), str(v)) for k, v in cast("dict[str, object]", options).items()),
            tuple((str(k), int(str(v))) for k, v in cast("dict[str, object]", sizes).items()),
            str(version),
            str(claim),
            decisions_from(str(steps)),
            None if loop is None else int(str(loop)),
        )
    except (ValueError, TypeError, AttributeError, zlib.error) as error:
        if isinstance(error, BadToken):
            raise
        raise BadToken("the token has a correct checksum, but is not of the form that this version reads") from None
