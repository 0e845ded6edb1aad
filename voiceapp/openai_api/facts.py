"""What an error body says, whatever its shape. No socket, no SDK.

Only machine-readable facts leave this module: a status, a code, a parameter's name, a wait. The server's own prose
is looked at for signs (some servers tell kinds of trouble apart by words alone) but never handed on: it may repeat
the key or what the person said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

_SAFE_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,59}")
_PARAM = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]\-]{0,59}")
_TRY_AGAIN = re.compile(r"(?:try again|retry)[^0-9]{0,20}(?:(\d+)m)?\s*(\d+(?:\.\d+)?)\s*(ms|millisecond|s|second)")


@dataclass(frozen=True)
class Facts:
    """The trouble in a server's words: *status* an HTTP status (0 unknown), *prose* lower case, for looking only."""

    status: int = 0
    code: str = ""
    param: str = ""
    prose: str = ""

    @property
    def detail(self) -> str:
        """For the log and the details button: "401 invalid_api_key"."""
        return " ".join(part for part in (str(self.status or ""), self.code) if part)


def facts_of(body: object, status: int = 0) -> Facts:
    """Read an error *body*: decoded JSON of any of the known shapes, or text."""
    if isinstance(body, str):
        return Facts(status=status, prose=body[:2000].lower())
    if isinstance(body, list):
        body = body[0] if body else {}
    if not isinstance(body, Mapping):
        return Facts(status=status)
    error = body.get("error") or body.get("detail") or body.get("errors") or body
    if isinstance(error, list):
        return _validation_facts(error, status or _as_status(body))
    if isinstance(error, str):
        return Facts(status or _as_status(body), _code(body), _param(body), error[:2000].lower())
    if not isinstance(error, Mapping):
        error = body
    inner = error.get("innererror")
    codes = [_code(inner) if isinstance(inner, Mapping) else "", _code(error)]
    prose = " ".join(str(error.get(key) or "") for key in ("message", "msg", "detail", "title"))
    return Facts(
        status=status or _as_status(error) or _as_status(body),
        code=codes[1] or codes[0],
        param=_param(error),
        prose=prose[:2000].lower(),
    )


def is_error(event: Mapping[str, Any]) -> bool:
    """Tell whether a JSON object in a stream or a 200 answer is really an error."""
    if event.get("error"):
        return True
    if event.get("object") == "error" or event.get("type") == "error":
        return True
    return "detail" in event and not event.keys() & {"choices", "text", "type", "data", "output"}


def retry_after_s(headers: Mapping[str, str], prose: str, now: datetime) -> float | None:
    """Return the wait that the server asks for: ``retry-after-ms``, ``retry-after`` (seconds or date), or in words."""
    if (ms := _number(headers.get("retry-after-ms"))) is not None:
        return ms / 1000.0
    value = headers.get("retry-after", "")
    if (seconds := _number(value)) is not None:
        return seconds
    if value:
        try:
            return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
        except (TypeError, ValueError):
            pass  # neither a number nor a date
    match = _TRY_AGAIN.search(prose)
    if match is None:
        return None
    amount = float(match[2]) / (1000.0 if match[3].startswith("m") else 1.0)
    return amount + 60.0 * int(match[1] or 0)


def _validation_facts(errors: list[Any], status: int) -> Facts:
    """FastAPI's ``{"detail": [{"loc": ["body", "x"], "msg": ..., "type": ...}]}``."""
    first = errors[0] if errors and isinstance(errors[0], Mapping) else {}
    place = [str(p) for p in first.get("loc") or () if isinstance(p, str)]
    param = next((p for p in place if p not in ("body", "query", "form")), "")
    return Facts(
        status, _code(first), param or _param(first), str(first.get("msg") or first.get("message") or "").lower()
    )


def _code(error: Mapping[str, Any]) -> str:
    """The most telling machine code; numbers (a status in disguise) do not count."""
    for key in ("code", "type"):
        value = error.get(key)
        if isinstance(value, str) and _SAFE_CODE.fullmatch(value) and value not in ("error", "None", "null"):
            return value
    return ""


def _param(error: Mapping[str, Any]) -> str:
    value = error.get("param")
    return value if isinstance(value, str) and _PARAM.fullmatch(value) else ""


def _as_status(error: Mapping[str, Any]) -> int:
    for key in ("code", "status", "statusCode", "status_code"):
        value = error.get(key)
        if isinstance(value, str) and value.isdigit():
            value = int(value)
        if isinstance(value, int) and 300 <= value <= 599:
            return value
    return 0


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0.0 <= number < 1e6 else None
