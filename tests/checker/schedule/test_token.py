# SPDX-License-Identifier: GPL-2.0-only OR MIT
from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from svmcheck.checker.schedule.token import (
    CHECKSUM,
    PREFIX,
    BadToken,
    Recorded,
    decisions_from,
    decisions_text,
    decode,
    encode,
)

DECISION = st.lists(st.integers(0, 12), min_size=1, max_size=3).map(tuple)
DECISIONS = st.lists(DECISION, max_size=40).map(tuple)
NAMES = st.text(min_size=1, max_size=8)
RECORDED = st.builds(
    Recorded,
    NAMES,
    st.dictionaries(NAMES, NAMES, max_size=3).map(lambda d: tuple(d.items())),
    st.dictionaries(NAMES, st.integers(0, 9), max_size=3).map(lambda d: tuple(d.items())),
    st.just("0123abcd"),
    NAMES,
    DECISIONS,
    st.none() | st.integers(0, 40),
)


@given(RECORDED)
def test_a_token_says_what_was_put_into_it(run: Recorded) -> None:
    assert decode(encode(run)) == run


@given(DECISIONS)
def test_decisions_are_text_and_back(decisions: tuple[tuple[int, ...], ...]) -> None:
    assert decisions_from(decisions_text(decisions)) == decisions


def test_repeated_decisions_are_counted() -> None:
    assert decisions_text(((1,),) * 12 + ((2,), (1, 0))) == "1*12 2 1:0"


RUN = Recorded("cpu-fault", (("generation", "g1"),), (("cpu_threads", 2),), "0123abcd", "deadlock", ((1,),) * 30, None)


def test_a_token_is_one_short_word() -> None:
    token = encode(RUN)
    assert token.startswith(PREFIX)
    assert len(token) < 150
    assert not set(token) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@given(st.data())
def test_a_mistyped_token_is_noticed(data: st.DataObject) -> None:
    token = encode(RUN)
    place = data.draw(st.integers(len(PREFIX), len(token) - 1))
    other = data.draw(st.sampled_from("abcXYZ019-_ .!"))
    damaged = token[:place] + other + token[place + 1 :]
    assume("".join(damaged.split()) != token)
    if place == len(token) - 1 and _bits(other) == _bits(token[-1]):  # the last character has bits that mean nothing
        return
    with pytest.raises(BadToken, match="damaged"):
        decode(damaged)


def _bits(character: str) -> int:
    """Those of a last character that count: the payload's length decides how many."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    unused = (4 - len(encode(RUN).removeprefix(PREFIX)) % 4) % 4 * 2
    return alphabet.find(character) >> unused


@given(st.integers(0, 200))
def test_a_shortened_token_is_noticed(length: int) -> None:
    token = encode(RUN)
    assume(length < len(token))
    with pytest.raises(BadToken):
        decode(token[:length])


def test_a_token_may_be_broken_into_lines() -> None:
    token = encode(RUN)
    assert decode(f"  {token[:20]}\n {token[20:]}\n") == RUN


def test_other_versions_are_told() -> None:
    with pytest.raises(BadToken, match="begin with"):
        decode("svmrun2.abcd")


@pytest.mark.parametrize("text", ["[]", "7", '["a"]', '["a",{},{},"v","p",null,"1 x"]', '["a",[],{},"v","p",null,"1"]'])
def test_a_token_of_another_form_is_told(text: str) -> None:
    packed = zlib.compress(text.encode())
    whole = packed + zlib.crc32(packed).to_bytes(CHECKSUM, "big")
    with pytest.raises(BadToken):
        decode(PREFIX + base64.urlsafe_b64encode(whole).decode().rstrip("="))
