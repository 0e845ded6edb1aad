"""Speech over HTTP, heard while it arrives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from voiceapp.core.audio import Float32Block
from voiceapp.core.settings import Job
from voiceapp.core.speech import Basis, SpeechRequest, Usage, Voice
from voiceapp.openai_api import sentences
from voiceapp.openai_api.errors import error_for_event
from voiceapp.openai_api.sound_stream import SoundDecoder, WrongSound
from voiceapp.openai_api.spoken_text import check_length, pronounceable
from voiceapp.openai_api.sse import NotTheProtocol
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.voice_names import FALLBACK_VOICE, speed_for, voice_field, voice_for
from voiceapp.openai_api.wire import Sent, Wire
from voiceapp.ports import Resampler

RATE_HZ = 24_000
MAX_CHARS = 4096
_ENDPOINT = Job.SPEECH.value

MakeResampler = Callable[[int, int], Resampler]
"""Makes a stream from one rate to another, in Hz."""


class HttpTextToSpeech:
    """port TextToSpeech over ``/audio/speech``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default; on a compatible server the first voice model that it lists.
        make_resampler: for servers that answer at another rate than 24 kHz.
    """

    rate_hz = RATE_HZ

    def __init__(
        self,
        wire: Wire,
        model: str = "",
        *,
        make_resampler: MakeResampler | None = None,
    ) -> None:
        self._wire = wire
        self._model = model
        self._make_resampler = make_resampler
        self._row = wire.known(model or wire.table.default(_ENDPOINT))
        self.max_chars = self._row.limits.get("input_chars", MAX_CHARS)
        self.label = wire.label(_ENDPOINT, model)

    def voices(self) -> Sequence[Voice]:
        """The model's voices as far as the table knows them."""
        return self._row.voices or (FALLBACK_VOICE,)

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        """Stream the sound of *request* at 24 kHz."""
        if not (text := pronounceable(request.text)):
            return
        model = await self._wire.model_for(_ENDPOINT, self._model)
        check_length(text, self.max_chars, self._wire.where(model))
        sound = SoundDecoder(RATE_HZ)
        async with (
            self._wire.post(_ENDPOINT, self._body(request, text, model)) as sent,
            aclosing(self._blocks(sent, sound)) as blocks,
        ):
            async for block in blocks:
                yield block
        if request.on_usage is not None:
            tokens = _tokens(sound.usage or {})
            basis = Basis.KEPT if sent.is_kept else Basis.REPORTED if tokens else Basis.MEASURED
            amounts = {"characters": float(len(text)), **tokens}
            request.on_usage(Usage(self._wire.provider.name, sent.model, amounts, basis))

    def _body(self, request: SpeechRequest, text: str, model: str) -> dict[str, object]:
        known = self._wire.known(model)
        body: dict[str, object] = {
            "model": model,
            "input": text,
            "voice": voice_field(voice_for(self._wire.provider.kind, known, request.voice)),
            "response_format": "pcm",
        }
        if "stream_format" in known.accepts and request.on_usage is not None:
            body["stream_format"] = "sse"  # the one form that tells what was consumed
        if request.speed != 1.0:
            body["speed"] = speed_for(known, request.speed)
        if request.instructions and "instructions" in known.accepts:
            body["instructions"] = whole(request.instructions)
        return {name: value for name, value in body.items() if name not in known.refuses}

    async def _blocks(self, sent: Sent, sound: SoundDecoder) -> AsyncGenerator[Float32Block, None]:
        where = self._wire.where(sent.model)
        is_empty = True
        try:
            async with aclosing(self._decoded(sent, sound)) as blocks:
                async for block in blocks:
                    if len(block):
                        is_empty = False
                        yield block
        except NotTheProtocol as problem:
            raise sentences.not_the_protocol(problem.kind, where) from None
        except WrongSound as problem:
            raise sentences.not_the_protocol(problem.format, where) from None
        if is_empty:
            raise sentences.not_the_protocol("empty", where)

    async def _decoded(self, sent: Sent, sound: SoundDecoder) -> AsyncGenerator[Float32Block, None]:
        """Yield blocks at 24 kHz, some of them empty."""
        resampler: Resampler | None = None
        async with aclosing(self._wire.chunks(sent)) as chunks:
            async for chunk in chunks:
                block = sound.push(chunk)
                if sound.rate_hz != RATE_HZ:
                    resampler = resampler or self._resampler(sound.rate_hz)
                    block = resampler.push(block)
                yield block
        block = sound.finish()
        if sound.error is not None:
            raise error_for_event(sound.error, self._wire.where(sent.model))
        if resampler is not None:
            yield resampler.push(block)
            block = resampler.finish()
        yield block

    def _resampler(self, rate_hz: int) -> Resampler:
        if self._make_resampler is None:
            raise WrongSound(f"{rate_hz} Hz")
        return self._make_resampler(rate_hz, RATE_HZ)

    async def warm(self) -> None:
        """Open a connection, so that the next clause does not wait for one."""
        await self._wire.warm(_ENDPOINT)

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()


def _tokens(usage: Mapping[str, Any]) -> dict[str, float]:
    """Return ``Usage.amounts`` of what the service tells at the end of a stream of events."""
    told = {"text_in": usage.get("input_tokens"), "audio_out": usage.get("output_tokens")}
    return {kind: float(amount) for kind, amount in told.items() if isinstance(amount, int | float)}
