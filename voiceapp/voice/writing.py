"""What a chat model writes beside the turn in a form of its own: titles, meeting notes, cleaned dictation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from gettext import gettext as _
from typing import TypeVar, cast

from voiceapp.core.conversation import Line, Role
from voiceapp.core.coverage import is_covered
from voiceapp.core.errors import BadAnswer, Refused, ToolError, TooLong
from voiceapp.core.notes import (
    CLEAN,
    CLEAN_TASK,
    MERGE_TASK,
    NOTES,
    NOTES_TASK,
    TITLE,
    TITLE_TASK,
    MeetingNotes,
    parts_of,
    script,
)
from voiceapp.core.shapes import Shape
from voiceapp.core.speech import ChatRequest, ReplyEnd, ReplyPart, TextDelta
from voiceapp.ports import ChatModel

T = TypeVar("T")

TITLE_CHARS = 60
TITLE_FROM_CHARS = 2000
CLEAN_PART_CHARS = 6000
"""Short enough that a model keeps to the words, long enough that it sees what belongs together."""


async def ask(chat: ChatModel, task: str, material: str, shape: Shape[T]) -> T:
    """Return the model's answer as a value of *shape*.

    An answer that does not fit is sent back once with what is wrong. Raises Refused, TooLong (the answer was cut off),
    BadAnswer (it does not fit twice) and what the chat raises.
    """
    form = json.dumps(shape.schema.schema, ensure_ascii=False)
    instructions = f"{task}\n\nAnswer with JSON of this schema and nothing else:\n{form}"
    lines = [Line(Role.USER, material)]
    wrong = ""
    for _attempt in range(2):
        text = await _whole(chat, ChatRequest(instructions, tuple(lines), schema=shape.schema))
        try:
            return shape.read(text)
        except ToolError as error:
            wrong = error.message
            lines += [Line(Role.ASSISTANT, text or "–"), Line(Role.USER, f"{wrong} Answer again.")]
    raise BadAnswer(_("The model did not answer in the form that it was asked for."), detail=wrong[:200])


async def _whole(chat: ChatModel, request: ChatRequest) -> str:
    text, finish = "", "stop"
    async with aclosing(cast("AsyncGenerator[ReplyPart, None]", chat.reply(request))) as parts:
        async for part in parts:
            if isinstance(part, TextDelta):
                text += part.text
            elif isinstance(part, ReplyEnd):
                finish = part.finish
    if finish == "content_filter":
        raise Refused(_("The model declined to write this."), hint=_("Another model may accept it."))
    if finish == "length":
        raise TooLong(_("The model's answer was cut off by its length."), hint=_("Try a shorter text."))
    return text


async def title(chat: ChatModel, lines: Sequence[Line]) -> str:
    """Return a title for the conversation. Raises as :func:`ask`."""
    found = (await ask(chat, TITLE_TASK, script(lines)[:TITLE_FROM_CHARS], TITLE)).title
    named = " ".join(found.split()).strip(" \"'“”„«».")
    if not named or len(named) > TITLE_CHARS:
        raise BadAnswer(_("The model gave no title."))
    return named


async def notes(chat: ChatModel, text: str) -> MeetingNotes:
    """Return the notes of a transcript; one that is long is noted part by part. Raises as :func:`ask`."""
    parts = [await ask(chat, NOTES_TASK, part, NOTES) for part in parts_of(text)]
    if len(parts) == 1:
        return parts[0]
    return await ask(chat, MERGE_TASK, json.dumps([asdict(part) for part in parts], ensure_ascii=False), NOTES)


@dataclass(frozen=True)
class Cleaned:
    """A cleaned dictation; *raw_parts* of its *parts* are as dictated, because words would have been lost."""

    text: str
    parts: int
    raw_parts: int


async def clean(
    chat: ChatModel, text: str, on_part: Callable[[int, int], None] = lambda _done, _parts: None
) -> Cleaned:
    """Return *text* cleaned up; a part that would lose words stays as it was dictated. Raises as :func:`ask`.

    *on_part*: is told before each part how many are done, and of how many.
    """
    parts = parts_of(text, CLEAN_PART_CHARS)
    cleaned: list[str] = []
    raw_count = 0
    for number, part in enumerate(parts):
        on_part(number, len(parts))
        try:
            better = (await ask(chat, CLEAN_TASK, part, CLEAN)).text
            is_whole = await asyncio.to_thread(is_covered, part, better)  # the voice goes on meanwhile
        except (BadAnswer, Refused, TooLong):
            better, is_whole = part, False
        cleaned.append((better if is_whole else part).strip())
        raw_count += not is_whole
    return Cleaned("\n\n".join(cleaned), len(parts), raw_count)
