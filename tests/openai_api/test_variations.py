"""Every known way in which servers differ: it works, or ends in one clear error, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from tests.openai_api.conftest import MakeWire
from tests.server import variations
from tests.server.loopback import LoopbackServer
from tests.server.script import tone
from tests.server.variations import Variation
from voiceapp.core.conversation import Line, Role
from voiceapp.core.errors import VoiceAppError
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import (
    ChatRequest,
    HearingRequest,
    ReasoningDelta,
    ReplyEnd,
    ReplyPart,
    SpeechRequest,
    TextDelta,
    ToolCall,
    ToolSpec,
)
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech
from voiceapp.openai_api.wire import Wire

CLOCK = ToolSpec("clock", "Tells the time.", {"type": "object", "properties": {"zone": {"type": "string"}}})
QUESTION = ChatRequest("Be brief.", (Line(Role.USER, "How is Paris?"),), tools=(CLOCK,), conversation_key="c1")
SAID = "Hello."


def compatible(make_wire: MakeWire, server: LoopbackServer, variation: Variation) -> Wire:
    variation.install(server)
    return make_wire(name="shed", kind=ProviderKind.COMPATIBLE, base_url=server.base_url + variation.base_url_suffix)


def text_of(parts: Sequence[ReplyPart]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextDelta))


CHATS = [*variations.CHAT_VARIATIONS, *(v for v in variations.IMAGE_VARIATIONS if v.path == variations.CHAT)]


@pytest.mark.parametrize("variation", CHATS, ids=str)
async def test_chat(variation: Variation, server: LoopbackServer, make_wire: MakeWire) -> None:
    chat = CompletionsChat(compatible(make_wire, server, variation), "m")
    parts: list[ReplyPart] = []

    async def collect() -> None:
        async for part in chat.reply(QUESTION):
            parts.append(part)  # noqa: PERF401 - what came before an error counts

    if variation.error is None:
        await collect()
        calls = tuple((part.name, part.arguments) for part in parts if isinstance(part, ToolCall))
        assert text_of(parts) == (variation.text or "")
        assert calls == variation.tool_calls
        assert "".join(p.text for p in parts if isinstance(p, ReasoningDelta)) == variation.reasoning
        (end,) = (part for part in parts if isinstance(part, ReplyEnd))
        assert end is parts[-1]
        assert end.finish == ("tool_calls" if variation.tool_calls else "stop")
        assert all(p.text.encode() and "\ufffd" not in p.text for p in parts if isinstance(p, TextDelta))
    else:
        with pytest.raises(variation.error) as caught:
            await collect()
        assert not any(isinstance(part, ReplyEnd) for part in parts)
        assert caught.value.message.startswith("shed")
        if "middle" in variation.name or variation.name == "error-in-stream":
            assert text_of(parts) == "".join(variations.TOKENS[:2])


@pytest.mark.parametrize("variation", variations.SPEECH_VARIATIONS, ids=str)
async def test_speech(variation: Variation, server: LoopbackServer, make_wire: MakeWire) -> None:
    speech = HttpTextToSpeech(compatible(make_wire, server, variation), "m")

    async def spoken() -> npt.NDArray[np.float32]:
        blocks = [block async for block in speech.speak(SpeechRequest(SAID))]
        assert all(len(block) for block in blocks)
        return np.concatenate(blocks)

    if variation.error is None:
        assert np.array_equal((await spoken()) * 32768, tone(SAID))
    else:
        with pytest.raises(variation.error) as caught:
            await spoken()
        assert isinstance(caught.value, VoiceAppError)


@pytest.mark.parametrize("variation", variations.HEARING_VARIATIONS, ids=str)
async def test_hearing(variation: Variation, server: LoopbackServer, make_wire: MakeWire) -> None:
    engine = HttpSpeechToText(compatible(make_wire, server, variation), "m")

    async def heard() -> str:
        async with engine.hear(HearingRequest(language="de")) as hearing:
            await hearing.push(np.full(1600, 0.1, dtype=np.float32))
            return (await hearing.finish()).text

    if variation.error is None:
        assert await heard() == variation.text
    else:
        with pytest.raises(variation.error):
            await heard()
