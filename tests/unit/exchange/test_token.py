"""Tokens as bytes: one form for equal text, and never confused with padding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.tokens import Token
from node.exchange.token import kind_of, pad_bytes, token_bytes
from tests.unit.exchange.builders import seeded


def test_a_token_byte_for_byte() -> None:
    assert token_bytes(Token(7, "ab")) == b"lancang/1/token\x07\x00\x02ab"


def test_text_is_normalised() -> None:
    assert token_bytes(Token(1, "Nguye\u0302\u0303n")) == token_bytes(Token(1, "Nguy\u1ec5n"))


@given(st.integers(0, 255), st.text(max_size=40), st.integers(0, 255), st.text(max_size=40))
def test_tokens_differ_unless_kind_and_normal_form_agree(kind: int, value: str, other: int, text: str) -> None:
    left, right = token_bytes(Token(kind, value)), token_bytes(Token(other, text))
    assert kind_of(left) == kind
    assert (left == right) == ((kind, left[16:]) == (other, right[16:]))


def test_padding_has_no_kind_and_is_fresh() -> None:
    source = seeded(1)
    pads = {pad_bytes(source) for _ in range(10)}
    assert len(pads) == 10
    assert {kind_of(pad) for pad in pads} == {None}


def test_a_kind_beyond_a_byte_is_refused() -> None:
    with pytest.raises(OverflowError):
        token_bytes(Token(256, "a"))
