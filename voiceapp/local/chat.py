"""The chat that needs no language model: honest about what it is.

It understands a fixed set of sentences in English and German, answers from tools, and says plainly when a question
needs a language model. It knows nothing by itself and invents nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from gettext import gettext as _
from typing import Any

from voiceapp.core.conversation import Role
from voiceapp.core.speech import ChatRequest, ReplyEnd, ReplyPart, TextDelta, ToolCall, ToolResult
from voiceapp.local.phrasing import sentence
from voiceapp.local.understanding import Language, Meaning, language_of, understand

HEARD_LIMIT_CHARS = 200


class LocalChat:
    """A ChatModel of patterns and tools.

    Args:
        languages: the data files (``resources.local_chat_languages``); the first is used where none is recognised.
    """

    def __init__(self, languages: Sequence[Mapping[str, Any]]) -> None:
        self.label = _("This computer, no language model")
        self._languages = tuple(Language(data) for data in languages)

    async def reply(self, request: ChatRequest) -> AsyncIterator[ReplyPart]:
        """Stream the reply word by word, or the tool call that it needs."""
        asked = next((line.text for line in reversed(request.lines) if line.role is Role.USER), "")
        meaning = understand(asked, self._languages)
        result = _last_result(request)
        if meaning is not None and meaning.intent.tool and result is None and _is_offered(meaning, request):
            arguments = json.dumps(meaning.arguments, ensure_ascii=False)
            yield ToolCall("local-1", meaning.intent.tool, arguments)
            yield ReplyEnd("tool_calls")
            return
        words = self._answer(asked, meaning, result, request)
        if any(line.attachments for line in request.lines[-1:]):  # it says so before anything else
            unseen = language_of(asked, self._languages)[0].phrases["unseen"]
            words = f"{unseen} {words}" if meaning else unseen
        for word in _words(words):
            yield TextDelta(word)
        yield ReplyEnd()

    async def warm(self) -> None:
        """Compile the patterns, so that the first reply does not wait for it."""
        understand("hello", self._languages)

    async def close(self) -> None:
        """Nothing to release."""

    def _answer(self, asked: str, meaning: Meaning | None, result: ToolResult | None, request: ChatRequest) -> str:
        if meaning is None:
            phrases = language_of(asked, self._languages)[0].phrases
            heard = _speakable(asked)
            return phrases["heard"].format(heard=heard) if heard else phrases["nothing"]
        phrases = meaning.language.phrases
        if meaning.intent.name == "repeat":
            said = [line.text for line in request.lines if line.role is Role.ASSISTANT]
            return said[-1] if said else phrases["nothing_to_repeat"]
        if not meaning.intent.tool:
            return str(meaning.intent.data["reply"])
        if result is None:
            return phrases["no_tool"].format(heard=_speakable(asked))
        return sentence(meaning, result)


def _last_result(request: ChatRequest) -> ToolResult | None:
    return next((part for part in reversed(request.tool_rounds) if isinstance(part, ToolResult)), None)


def _is_offered(meaning: Meaning, request: ChatRequest) -> bool:
    return any(tool.name == meaning.intent.tool for tool in request.tools)


def _speakable(text: str) -> str:
    """Return *text* on one line, short enough to be repeated."""
    text = " ".join("".join(char for char in text if char.isprintable() or char.isspace()).split())
    if len(text) <= HEARD_LIMIT_CHARS:
        return text
    return text[:HEARD_LIMIT_CHARS].rsplit(" ", 1)[0] + "…"


def _words(text: str) -> Iterator[str]:
    for found in re.finditer(r"\S+\s*|\s+", text):
        yield found[0]
