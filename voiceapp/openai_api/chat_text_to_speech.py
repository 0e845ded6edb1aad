"""Speech by a chat model that answers with sound: text in, its sound out, over Chat Completions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from voiceapp.core.audio import Float32Block
from voiceapp.core.settings import Job
from voiceapp.core.speech import Basis, ReplyEnd, SoundDelta, SpeechRequest, TextDelta, Usage, Voice
from voiceapp.openai_api import sentences
from voiceapp.openai_api.chat_stream import reply_parts
from voiceapp.openai_api.completions_protocol import CompletionsDecoder
from voiceapp.openai_api.realtime_protocol import is_word_for_word, reading
from voiceapp.openai_api.spoken_part import RATE_HZ
from voiceapp.openai_api.spoken_text import check_length, pronounceable
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.voice_names import FALLBACK_VOICE, voice_field, voice_for
from voiceapp.openai_api.wire import Wire

MAX_CHARS = 2000
_JOB, _ENDPOINT = Job.SPEECH.value, Job.CHAT.value


class ChatTextToSpeech:
    """port TextToSpeech over ``/chat/completions`` with sound.

    Args:
        wire: the provider; its owner closes it.
        model: one that speaks.
        on_reworded: gets a text that was said in other words, once all of it was heard.
    """

    rate_hz = RATE_HZ

    def __init__(
        self,
        wire: Wire,
        model: str,
        *,
        on_reworded: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._wire = wire
        self._model = model
        self._on_reworded = on_reworded
        self._row = wire.known(model)
        self.max_chars = self._row.limits.get("input_chars", MAX_CHARS)
        self.label = wire.label(_JOB, model)

    def voices(self) -> Sequence[Voice]:
        """The model's voices as far as the table knows them."""
        return self._row.voices or (FALLBACK_VOICE,)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        """Stream the sound of *request* at 24 kHz."""
        if not (text := pronounceable(request.text)):
            return
        model = await self._wire.model_for(_JOB, self._model)
        check_length(text, self.max_chars, self._wire.where(model))
        words: list[str] = []
        is_empty = True
        async with self._wire.post(_ENDPOINT, self._body(request, text, model)) as sent:
            decoder = CompletionsDecoder(self._wire.provider.name, sent.model)
            async with aclosing(reply_parts(self._wire, sent, decoder)) as parts:
                async for part in parts:
                    match part:
                        case SoundDelta(sound):
                            is_empty = False
                            yield sound
                        case TextDelta(piece):
                            words.append(piece)
                        case ReplyEnd(finish="content_filter"):
                            raise sentences.refused(self._wire.where(sent.model))
                        case ReplyEnd(usage=usage):
                            self._tell(request, usage, sent.model, text)
            if is_empty:
                raise sentences.not_the_protocol("empty", self._wire.where(sent.model))
        if not is_word_for_word(text, "".join(words)):
            self._on_reworded(request.text)

    async def warm(self) -> None:
        """Open a connection, so that the next clause does not wait for one."""
        await self._wire.warm(_ENDPOINT)

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()

    def _body(self, request: SpeechRequest, text: str, model: str) -> dict[str, Any]:
        style = whole(request.instructions).strip() if "instructions" in self._row.accepts else ""
        voice = voice_for(self._wire.provider.kind, self._row, request.voice)
        body: dict[str, Any] = {
            "model": model,
            "modalities": ["text", "audio"],
            "audio": {"voice": voice_field(voice), "format": "pcm16"},
            "messages": [{"role": "system", "content": reading(style)}, {"role": "user", "content": text}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        return {name: value for name, value in body.items() if name not in self._row.refuses}

    def _tell(self, request: SpeechRequest, usage: Usage | None, model: str, text: str) -> None:
        measured = {"characters": float(len(text))}
        told = usage or Usage(self._wire.provider.name, model, {}, Basis.MEASURED)
        if request.on_usage is not None:
            request.on_usage(replace(told, amounts=measured | dict(told.amounts)))
