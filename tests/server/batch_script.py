"""How batches go at the scripted server. Plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Line = dict[str, Any]


def answered(asked: Line) -> Line:
    """Answer a line with a completion that repeats the last eight words of its text."""
    text = str(asked["body"]["messages"][-1]["content"])
    message = {"role": "assistant", "content": "Result: " + " ".join(text.split()[-8:])}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    body = {"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": message}], "usage": usage}
    return {"custom_id": asked["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}


def refused(asked: Line, status: int = 500, code: str = "server_error") -> Line:
    """An error line."""
    body = {"error": {"code": code, "message": "no"}}
    return {"custom_id": asked["custom_id"], "response": {"status_code": status, "body": body}, "error": None}


def expired(asked: Line) -> Line:
    """What a line gets that the service did not come to in time."""
    return {"custom_id": asked["custom_id"], "response": None, "error": {"code": "batch_expired", "message": "late"}}


@dataclass
class BatchScript:
    """How batches go: *looks* times they are in progress, then they end as *end*, each line answered by *answer*.

    *answer* returns None for a line that is never answered.
    """

    looks: int = 1
    end: str = "completed"
    answer: Callable[[Line], Line | None] = answered
