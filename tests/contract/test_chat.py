"""What every chat model does."""

from __future__ import annotations

from contextlib import aclosing

from voiceapp.core.conversation import Line, Role
from voiceapp.core.speech import ChatRequest, ReasoningDelta, ReplyEnd, ReplyPart, TextDelta
from voiceapp.ports import ChatModel

ASKED = ChatRequest("Be brief.", (Line(Role.USER, "Hello, what can you do?"),))
LONG = ChatRequest("", tuple(Line(Role.USER if i % 2 == 0 else Role.ASSISTANT, "Hello. " * 50) for i in range(101)))


async def reply(engine: ChatModel, request: ChatRequest = ASKED) -> list[ReplyPart]:
    return [part async for part in engine.reply(request)]


async def test_text_then_exactly_one_end(chat_engine: ChatModel) -> None:
    parts = await reply(chat_engine)
    assert [isinstance(part, ReplyEnd) for part in parts] == [False] * (len(parts) - 1) + [True]
    texts = [part.text for part in parts if isinstance(part, TextDelta | ReasoningDelta)]
    assert texts
    assert all(text and text.encode() for text in texts)
    assert chat_engine.label


async def test_it_answers_again_and_at_length(chat_engine: ChatModel) -> None:
    assert await reply(chat_engine)
    assert isinstance((await reply(chat_engine, LONG))[-1], ReplyEnd)


async def test_a_reply_can_be_left_and_another_had(chat_engine: ChatModel) -> None:
    async with aclosing(chat_engine.reply(ASKED)) as parts:  # type: ignore[type-var]
        await anext(parts)
    assert isinstance((await reply(chat_engine))[-1], ReplyEnd)


async def test_replies_side_by_side_do_not_mix(chat_engine: ChatModel) -> None:
    alone = await reply(chat_engine)
    first, second = chat_engine.reply(ASKED), chat_engine.reply(ASKED)
    mixed: tuple[list[ReplyPart], list[ReplyPart]] = ([await anext(first)], [await anext(second)])
    mixed[1].extend([part async for part in second])
    mixed[0].extend([part async for part in first])
    for parts in mixed:
        assert [p.text for p in parts if isinstance(p, TextDelta)] == [
            p.text for p in alone if isinstance(p, TextDelta)
        ]


async def test_warming_and_closing_twice_are_harmless(chat_engine: ChatModel) -> None:
    await chat_engine.warm()
    await chat_engine.warm()
    await reply(chat_engine)
    await chat_engine.close()
    await chat_engine.close()
