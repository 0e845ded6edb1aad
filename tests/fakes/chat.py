"""A scripted chat model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from voiceapp.core.speech import ChatRequest, ReplyEnd, ReplyPart, TextDelta, ToolCall

Step = str | float | Exception | ReplyPart
"""A str is a TextDelta, a float a pause in seconds, an exception is raised."""


class FakeChat:
    """Answers each request with the next script.

    Args:
        scripts: one sequence of steps per request; a plain str is one delta per word. ReplyEnd is added where missing.
        first_token_s: pause before the first part.
        per_token_s: pause before every further part.
    """

    def __init__(
        self,
        *scripts: str | Sequence[Step],
        first_token_s: float = 0.0,
        per_token_s: float = 0.0,
        label: str = "Fake chat",
    ) -> None:
        self.label = label
        self.requests: list[ChatRequest] = []
        self.aborted = 0
        self.warmed = 0
        self.is_closed = False
        self._scripts = list(scripts)
        self._first_token_s = first_token_s
        self._per_token_s = per_token_s

    def will_reply(self, script: str | Sequence[Step]) -> None:
        """Add a script for one more request."""
        self._scripts.append(script)

    def assert_consumed(self) -> None:
        """Fail when a script was not asked for."""
        assert not self._scripts, f"{len(self._scripts)} replies were never asked for"

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """As ChatModel.reply."""
        self.requests.append(request)
        assert self._scripts, f"request {len(self.requests)} has no script"
        is_whole = False
        try:
            await asyncio.sleep(self._first_token_s)
            is_first = True
            for step in _steps(self._scripts.pop(0)):
                if isinstance(step, float):
                    await asyncio.sleep(step)
                    continue
                if isinstance(step, Exception):
                    is_whole = True
                    raise step
                if not is_first:
                    await asyncio.sleep(self._per_token_s)
                is_first = False
                is_whole = is_whole or isinstance(step, ReplyEnd)
                yield step
        finally:
            self.aborted += not is_whole

    async def warm(self) -> None:
        """As ChatModel.warm."""
        self.warmed += 1

    async def close(self) -> None:
        """As ChatModel.close."""
        self.is_closed = True


def _steps(script: str | Sequence[Step]) -> list[float | Exception | ReplyPart]:
    words: Sequence[Step] = _words(script) if isinstance(script, str) else script
    steps: list[float | Exception | ReplyPart] = []
    for step in words:
        match step:
            case str():
                steps.append(TextDelta(step))
            case int():
                steps.append(float(step))
            case _:
                steps.append(step)
    if not any(isinstance(step, ReplyEnd | Exception) for step in steps):
        called = any(isinstance(step, ToolCall) for step in steps)
        steps.append(ReplyEnd("tool_calls" if called else "stop"))
    return steps


def _words(text: str) -> list[str]:
    """Cut *text* before each word, so that the pieces joined are the text."""
    words = text.split(" ")
    return [word if number == 0 else f" {word}" for number, word in enumerate(words) if word or number]
