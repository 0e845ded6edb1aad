"""Tokens are read from what commands print, and say when they end."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.tokens import RENEW_BEFORE_S, Token, token_from

NOW_S = 1_790_000_000.0


def jwt(**body: object) -> str:
    """Return a signed token, as far as anybody here looks at it."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, body))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2ln"])


SIGNED = jwt(exp=NOW_S + 3600)


@pytest.mark.parametrize(
    ("printed", "token"),
    [
        ("sk-plain\n", Token("sk-plain")),
        (SIGNED, Token(SIGNED, NOW_S + 3600)),
        (jwt(sub="x"), Token(jwt(sub="x"))),
        (json.dumps({"accessToken": SIGNED, "expiresOn": "2020-01-01"}), Token(SIGNED, NOW_S + 3600)),
        ('{"access_token": "abc", "expires_in": 60}', Token("abc", NOW_S + 60)),
        ('{"accessToken": "abc", "expires_on": "1790000100"}', Token("abc", 1_790_000_100.0)),
        (
            '{"token": "abc", "expiresOn": "2026-09-21T14:13:20+00:00"}',
            Token("abc", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC).timestamp()),
        ),
        ('{"token": "abc", "expiresOn": "soon"}', Token("abc")),
        ("eyJub3Q.json.x", Token("eyJub3Q.json.x")),
        ("", None),
        ("please sign in", None),
        ("one\ntwo", None),
        ("schlüssel", None),
        ('{"token": 5}', None),
        ("{broken", None),
    ],
)
def test_what_commands_print(printed: str, token: Token | None) -> None:
    assert token_from(printed, NOW_S) == token


def test_a_token_is_renewed_before_its_end() -> None:
    token = Token("abc", NOW_S)
    assert not token.is_due(NOW_S - RENEW_BEFORE_S - 1)
    assert token.is_due(NOW_S - RENEW_BEFORE_S)
    assert not token.has_ended(NOW_S - 1)
    assert token.has_ended(NOW_S)
    assert not Token("abc").is_due(NOW_S)


def test_a_token_is_not_shown() -> None:
    assert "abc" not in repr(Token("abc"))


@given(st.text())
def test_anything_printed_is_a_token_or_none(printed: str) -> None:
    token = token_from(printed, NOW_S)
    assert token is None or token.value
