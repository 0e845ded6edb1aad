"""Every adapter as one call, so that a fault can be put to all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from tests.pictures import png
from voiceapp.core.conversation import Line, Role
from voiceapp.core.images import ImageOptions, ImageRequest, Picture
from voiceapp.core.speech import ChatRequest, HearingRequest, SpeechRequest, TextDelta
from voiceapp.openai_api.batches import HttpBatches
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.documents import HttpDocuments
from voiceapp.openai_api.embeddings import HttpEmbedder
from voiceapp.openai_api.images import HttpImageMaker
from voiceapp.openai_api.moderation import HttpModerator
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech
from voiceapp.openai_api.wire import Wire

ASKED = ChatRequest("Be brief.", (Line(Role.USER, "Hi."),))
TONE = (0.3 * np.sin(2 * np.pi * 300 * np.arange(3200) / 16_000)).astype(np.float32)


@dataclass(frozen=True)
class Adapter:
    """One call of one adapter: the path it goes to, a model that is gone and its successor."""

    path: str
    call: Callable[[Wire, str], Awaitable[object]]
    gone: str = ""
    successor: str = ""
    tries: int = 3
    """How often a failure that may pass is tried: once where a repetition could do the work twice."""

    def __str__(self) -> str:
        return self.path


async def _complete(wire: Wire, model: str) -> str:
    return "".join([p.text async for p in CompletionsChat(wire, model).reply(ASKED) if isinstance(p, TextDelta)])


async def _respond(wire: Wire, model: str) -> str:
    return "".join([p.text async for p in ResponsesChat(wire, model).reply(ASKED) if isinstance(p, TextDelta)])


async def _hear(wire: Wire, model: str) -> str:
    async with HttpSpeechToText(wire, model).hear(HearingRequest()) as hearing:
        await hearing.push(TONE)
        return (await hearing.finish()).text


async def _speak(wire: Wire, model: str) -> int:
    async with aclosing(HttpTextToSpeech(wire, model).speak(SpeechRequest("Good morning."))) as blocks:
        return sum([len(block) async for block in blocks])


async def _draw(wire: Wire, model: str) -> list[object]:
    request = ImageRequest("A dot", ImageOptions(model=model))
    async with aclosing(HttpImageMaker(wire).make(request)) as parts:
        return [part async for part in parts]


async def _judge(wire: Wire, model: str) -> object:
    return await HttpModerator(wire, model).check_texts(["hello"])


async def _embed(wire: Wire, model: str) -> object:
    return await HttpEmbedder(wire, model).embed(["hello"])


async def _translate(wire: Wire, model: str) -> str:
    request = HearingRequest(is_recording=True, is_translated=True)
    async with HttpSpeechToText(wire, model).hear(request) as hearing:
        await hearing.push(TONE)
        return (await hearing.finish()).text


async def _redraw(wire: Wire, model: str) -> list[object]:
    request = ImageRequest("A dot", ImageOptions(model=model), (Picture(png(4, 4), "png", 4, 4),))
    async with aclosing(HttpImageMaker(wire).make(request)) as parts:
        return [part async for part in parts]


async def _upload(wire: Wire, _model: str) -> str:
    return await HttpDocuments(wire).upload(__file__, "lease.txt", lambda _sent: None)


async def _create(wire: Wire, _model: str) -> str:
    return await HttpDocuments(wire).create("Household")


async def _attach(wire: Wire, _model: str) -> object:
    return await HttpDocuments(wire).attach("vs_1", "file-1")


async def _look(wire: Wire, _model: str) -> object:
    return await HttpDocuments(wire).indexed("vs_1", "file-1")


async def _fetch(wire: Wire, _model: str) -> bytes:
    return await HttpDocuments(wire).made("cntr_1", "cfile_1", 1000)


async def _forget(wire: Wire, _model: str) -> None:
    await HttpDocuments(wire).forget_store("vs_1")


async def _send_lines(wire: Wire, _model: str) -> str:
    return await HttpBatches(wire).upload(b"{}")


async def _begin(wire: Wire, _model: str) -> object:
    return await HttpBatches(wire).create("file-1", "token")


async def _follow(wire: Wire, _model: str) -> object:
    return await HttpBatches(wire).status("batch_1")


async def _collect(wire: Wire, _model: str) -> bytes:
    return await HttpBatches(wire).download("file-2")


ADAPTERS = (
    Adapter("/chat/completions", _complete, "gpt-4o", "gpt-6-luna"),
    Adapter("/responses", _respond, "gpt-4o", "gpt-6-luna"),
    Adapter("/audio/transcriptions", _hear, "whisper-1", "gpt-transcribe"),
    Adapter("/audio/speech", _speak),  # its successors speak elsewhere: test_provider_speech
    Adapter("/images/generations", _draw, "gpt-image-1", "gpt-image-2.6-flare"),
    Adapter("/moderations", _judge),
    Adapter("/embeddings", _embed),
)

BEHIND = (
    Adapter("/audio/translations", _translate),
    Adapter("/images/edits", _redraw),
    Adapter("/files", _upload),
    Adapter("/vector_stores", _create, tries=1),
    Adapter("/vector_stores/vs_1/files", _attach),
    Adapter("/vector_stores/vs_1/files/file-1", _look),
    Adapter("/containers/cntr_1/files/cfile_1/content", _fetch),
    Adapter("/vector_stores/vs_1", _forget),
    Adapter("/files", _send_lines),
    Adapter("/batches", _begin, tries=1),
    Adapter("/batches/batch_1", _follow),
    Adapter("/files/file-2/content", _collect),
)
"""What recordings, pictures, documents and batches ask for: the same faults, another patience."""
