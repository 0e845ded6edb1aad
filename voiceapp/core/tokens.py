"""Keys that end: what a command prints, and when it has to be asked again."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

RENEW_BEFORE_S = 300.0
"""So long before its end a token is renewed: an answer that has begun must not outlive it."""
LONGEST_CHARS = 16_384


@dataclass(frozen=True)
class Token:
    """A key. *ends_at_s*: Unix time of its end; None where it does not say, and then it counts as lasting."""

    value: str = field(repr=False)
    ends_at_s: float | None = None
    secret_fields: ClassVar[tuple[str, ...]] = ("value",)

    def is_due(self, now_s: float) -> bool:
        """Tell whether it has to be renewed."""
        return self.ends_at_s is not None and now_s >= self.ends_at_s - RENEW_BEFORE_S

    def has_ended(self, now_s: float) -> bool:
        """Tell whether it is worth nothing any more."""
        return self.ends_at_s is not None and now_s >= self.ends_at_s


def token_from(printed: str, now_s: float) -> Token | None:
    """Return the token in what a command printed: alone on a line, or in JSON as ``az`` and OAuth write it.

    None where there is none. A signed token (JWT) says itself when it ends.
    """
    text = printed.strip()
    if text.startswith("{"):
        return _from_json(text, now_s)
    lines = text.splitlines()
    if len(lines) != 1 or not _is_key(lines[0]):
        return None
    return Token(lines[0], _end_of(lines[0]))


def _from_json(text: str, now_s: float) -> Token | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    value = next((found[name] for name in ("accessToken", "access_token", "token") if name in found), None)
    if not isinstance(value, str) or not _is_key(value):
        return None
    return Token(value, _end_of(value) or _told_end(found, now_s))


def _told_end(found: dict[str, Any], now_s: float) -> float | None:
    """Read "expires_on" (Unix), "expires_in" (seconds), "expiresOn" (local or ISO time)."""
    for name, start_s in (("expires_on", 0.0), ("expires_in", now_s)):
        try:
            return start_s + float(found[name])
        except (KeyError, TypeError, ValueError):
            continue
    try:
        return datetime.fromisoformat(str(found["expiresOn"])).timestamp()
    except (KeyError, ValueError):
        return None


def _end_of(value: str) -> float | None:
    """Return the "exp" of a JWT; None for other keys."""
    parts = value.split(".")
    if len(parts) != 3 or not value.startswith("eyJ"):
        return None
    try:
        body = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(body["exp"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None


def _is_key(value: str) -> bool:
    is_printable = value.isascii() and value.isprintable() and " " not in value
    return bool(value) and is_printable and len(value) <= LONGEST_CHARS
